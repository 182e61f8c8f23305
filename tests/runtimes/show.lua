-- SPDX-License-Identifier: ISC
-- What a Lua program sees; the language cannot list variables: see show.c.
for _, name in ipairs(arg) do
    local value = os.getenv(name)
    io.write(value and ("look " .. name .. "=" .. value .. "\0") or ("none " .. name .. "\0"))
end
io.write("ready\0")
io.flush()
io.read("a")
