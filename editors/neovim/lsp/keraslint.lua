-- For Neovim 0.11 and later: `vim.lsp.enable("keraslint")` with this folder's parent on the runtimepath.
return {
  cmd = { "keraslint", "server" },
  filetypes = { "python" },
  root_markers = { ".keraslint.toml", "keraslint.toml", "pyproject.toml", "setup.py", "setup.cfg", ".git" },
  settings = { keraslint = vim.empty_dict() },
}
