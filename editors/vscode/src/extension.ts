// Starts `keraslint server` for Python files and notebooks, and again when a setting that says how has changed.
import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions, Trace } from "vscode-languageclient/node";

// Settings that say how the server is started; all others are the server's own.
const STARTING = ["path", "interpreter", "importStrategy", "configuration", "enable"].map((name) => `keraslint.${name}`);

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("keraslint", { log: true });
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("keraslint.fixAll", fixAll),
    vscode.commands.registerCommand("keraslint.restart", () => restart(output)),
    vscode.commands.registerCommand("keraslint.showLogs", () => output.show()),
    vscode.commands.registerTextEditorCommand("keraslint.verifyHere", verifyHere),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (STARTING.some((name) => event.affectsConfiguration(name))) void restart(output);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart(output)),
  );
  await start(output);
}

export async function deactivate(): Promise<void> {
  await client?.stop();
  client = undefined;
}

async function restart(output: vscode.LogOutputChannel): Promise<void> {
  await deactivate();
  await start(output);
}

function fixAll(): Thenable<unknown> {
  return vscode.commands.executeCommand("editor.action.codeAction", { kind: "source.fixAll.keraslint", apply: "first" });
}

// The server's own command, for the model that the cursor is in; the server shows the progress and what came of it.
async function verifyHere(editor: vscode.TextEditor): Promise<void> {
  const uri = editor.document.uri.toString();
  await client?.sendRequest("workspace/executeCommand", { command: "keraslint.verify", arguments: [uri, editor.selection.active.line] });
}

async function start(output: vscode.LogOutputChannel): Promise<void> {
  const settings = vscode.workspace.getConfiguration("keraslint");
  if (!settings.get<boolean>("enable", true)) return;
  const [command, ...args] = await serverCommand(settings);
  const server: ServerOptions = { command, args };
  const options: LanguageClientOptions = {
    documentSelector: ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ scheme, language: "python" })),
    outputChannel: output,
    initializationOptions: { settings },
  };
  output.info(`starting ${[command, ...args].join(" ")}`);
  client = new LanguageClient("keraslint", "keraslint", server, options);
  try {
    await client.start();
    await client.setTrace(Trace.fromString(settings.get<string>("trace.server", "off")));
  } catch (error) {
    client = undefined;
    void vscode.window.showErrorMessage(
      `keraslint: ${command} did not start (${error}). Run pip install 'keraslint[lsp]' for the interpreter of this` +
        " project, or set keraslint.path.",
    );
  }
}

// The user's own command, else keraslint in the project's interpreter, else the one on the PATH. A workspace that
// is not trusted chooses neither.
async function serverCommand(settings: vscode.WorkspaceConfiguration): Promise<string[]> {
  const chosen = (name: string): string[] => {
    const found = settings.inspect<string[]>(name);
    const value = vscode.workspace.isTrusted ? settings.get<string[]>(name) : found?.globalValue;
    return value ?? [];
  };
  const [path] = chosen("path");
  if (path) return [path, "server"];
  const [interpreter] = chosen("interpreter");
  const python = interpreter ?? (vscode.workspace.isTrusted ? await activePython() : undefined);
  const bundled = settings.get<string>("importStrategy", "fromEnvironment") === "fromEnvironment";
  return python && bundled ? [python, "-m", "keraslint", "server"] : ["keraslint", "server"];
}

// What the Python extension, if there is one, runs this workspace with.
async function activePython(): Promise<string | undefined> {
  const extension = vscode.extensions.getExtension("ms-python.python");
  if (!extension) return undefined;
  const python = await extension.activate();
  return python?.environments?.getActiveEnvironmentPath?.()?.path;
}
