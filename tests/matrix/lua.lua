-- SPDX-License-Identifier: ISC
-- lua.lua WAY PROGRAM SOCKET: starts the witness by one of Lua's ways. Run by the leak matrix; holds secrets, and
-- prints none.
local way, line = arg[1], arg[2] .. " " .. arg[3]
local ways = {
  ["os.execute"] = function() return os.execute(line .. " && :") end,
  ["io.popen"] = function() local pipe = io.popen(line, "r"); pipe:read("a"); return pipe:close() end,
  ["io.popen-write"] = function() return io.popen(line .. "; exit $?", "w"):close() end,
}
os.exit(ways[way]() and true or false)
