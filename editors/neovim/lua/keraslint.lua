-- keraslint for every Neovim from 0.7 on: require("keraslint").setup({ settings = { inlayHints = "all" } })
local M = {}

local markers = { ".keraslint.toml", "keraslint.toml", "pyproject.toml", "setup.py", "setup.cfg", ".git" }

-- The closest folder, from that of a file upwards, that has one of the markers; else the file's own.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  local at = folder
  while true do
    for _, name in ipairs(markers) do
      if vim.loop.fs_stat(at .. "/" .. name) then
        return at
      end
    end
    local above = vim.fn.fnamemodify(at, ":h")
    if above == at then
      return folder
    end
    at = above
  end
end

-- Neovim 0.7 has no vim.lsp.start, which starts one server for a root folder and attaches the others to it.
local clients = {}
local function start(config)
  if vim.lsp.start then
    return vim.lsp.start(config)
  end
  clients[config.root_dir] = clients[config.root_dir] or vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(0, clients[config.root_dir])
end

-- options.cmd: the command that starts the server. options.settings: see the table of settings in docs/editors.md.
function M.setup(options)
  options = options or {}
  local settings = options.settings or vim.empty_dict()
  local function attach()
    start({
      name = "keraslint",
      cmd = options.cmd or { "keraslint", "server" },
      root_dir = root_of(vim.api.nvim_buf_get_name(0)),
      init_options = { settings = settings },
      settings = { keraslint = settings },
    })
  end
  vim.api.nvim_create_autocmd("FileType", { pattern = "python", callback = attach })
  if vim.bo.filetype == "python" then
    attach()
  end
end

return M
