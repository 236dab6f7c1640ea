-- What the table library and tables of Lua 5.4 promise (reference manual, 2.1, 3.4.7 and 6.6), as far as scripts keep it.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(pattern), message)
end
local function list(t) return table.concat(t, ",") end

-- insert, remove.
local t = { 1, 2, 3 }
table.insert(t, 4) table.insert(t, 1, 0) table.insert(t, 3, 1.5)
assert(list(t) == "0,1,1.5,2,3,4")
assert(table.remove(t) == 4 and table.remove(t, 1) == 0 and list(t) == "1,1.5,2,3")
assert(table.remove({}) == nil and table.remove({}, 0) == nil and table.remove(t, #t + 1) == nil)
fails("position out of bounds", table.insert, { 1 }, 5, 0)
fails("position out of bounds", table.remove, { 1 }, 5)
fails("wrong number of arguments", table.insert, { 1 })
fails("wrong number of arguments", table.insert, { 1 }, 1, 2, 3)
fails("table expected", table.insert, 1, 2)

-- concat.
assert(table.concat({}) == "" and table.concat({ 1, "a", 2.5 }, "-") == "1-a-2.5" and table.concat({ 1, 2, 3 }, ",", 2) == "2,3")
assert(table.concat({ 1, 2, 3 }, ",", 2, 2) == "2" and table.concat({ 1, 2 }, ",", 3) == "" and table.concat({ [5] = "x" }, "", 5, 5) == "x")
fails("invalid value %(table%) at index 2 in table for 'concat'", table.concat, { 1, {}, 3 })
fails("invalid value %(nil%) at index 2", table.concat, { 1, nil, 3 }, ",", 1, 3)

-- pack, unpack.
local packed = table.pack(1, nil, 3, nil)
assert(packed.n == 4 and packed[1] == 1 and packed[3] == 3 and table.pack().n == 0)
assert(select("#", table.unpack({}, 1, 3)) == 3 and select(2, table.unpack({ 1, 2, 3 }, 2)) == 3 and table.unpack({ 1, 2 }, -1, 0) == nil)
assert(select("#", table.unpack({ 1, 2 }, 2, 1)) == 0 and select("#", table.unpack({}, math.maxinteger, math.maxinteger)) == 1)
fails("too many results to unpack", table.unpack, {}, 1, 1e7)
fails("too many results to unpack", table.unpack, {}, math.mininteger, math.maxinteger)

-- move.
assert(list(table.move({ 1, 2, 3, 4 }, 2, 4, 1)) == "2,3,4,4" and list(table.move({ 1, 2, 3 }, 1, 3, 2)) == "1,1,2,3")
assert(list(table.move({ 1, 2, 3 }, 1, 3, 1, {})) == "1,2,3" and list(table.move({ 1, 2 }, 2, 1, 5)) == "1,2")
local moved = table.move({ 10, 20 }, 1, 2, 3, { 1, 2 })
assert(list(moved) == "1,2,10,20")
fails("destination wrap around", table.move, {}, 1, 3, math.maxinteger)

-- sort.
local numbers = { 5, 2, 8, 1, 9, 3 }
table.sort(numbers) assert(list(numbers) == "1,2,3,5,8,9")
table.sort(numbers, function(x, y) return x > y end) assert(list(numbers) == "9,8,5,3,2,1")
local names = { "b", "a", "C" } table.sort(names) assert(list(names) == "C,a,b")
local many = {} for i = 1, 1000 do many[i] = (i * 7919) % 1009 end
table.sort(many) for i = 2, #many do assert(many[i - 1] <= many[i]) end
fails("attempt to compare", table.sort, { 1, "x" })
fails("invalid order function", table.sort, { 3, 1, 2, 5, 4, 9, 8, 7 }, function() return true end)
fails("attempt to compare", table.sort, { {}, {} })
table.sort({}) table.sort({ 1 })

-- Keys: floats with integer values are integers, NaN and nil are none, and absent ones read as nil.
local keys = { [1.0] = "a", [2^53] = "b" }
assert(keys[1] == "a" and keys[2^53 | 0] == "b" and next({}) == nil and math.type(next({ [3.0] = 1 })) == "integer")
fails("index is NaN", function() keys[0 / 0] = 1 end)
fails("index is nil", function() keys[nil] = 1 end)
assert(keys[0 / 0] == nil and keys[nil] == nil and rawlen({ 1, 2 }) == 2 and rawequal(keys, keys) and not rawequal({}, {}))
assert(#{ 1, 2, nil } == 2 and #{ n = 1 } == 0 and select("#", ipairs {}) == 3)

-- ipairs stops at the first hole and respects __index; pairs respects __pairs; next walks everything once.
local seen = 0
for i, v in ipairs { 1, 2, nil, 4 } do seen = seen + i * v end
assert(seen == 5)
local proxy = setmetatable({}, { __index = function(_, i) if i <= 3 then return i * 10 end end })
local sum = 0
for _, v in ipairs(proxy) do sum = sum + v end
assert(sum == 60)
local count = 0
for k, v in next, { 1, 2, x = 3 } do count = count + v assert(k ~= nil) end
assert(count == 6)
for k, v in pairs(setmetatable({}, { __pairs = function(self) return function(_, last) if not last then return 1, self end end, self, nil end })) do
  assert(k == 1 and getmetatable(v))
end
-- Removing what is visited is allowed.
local shrinking = { a = 1, b = 2, c = 3, 1, 2 }
for k in pairs(shrinking) do shrinking[k] = nil end
assert(next(shrinking) == nil)
fails("invalid key to 'next'", next, {}, "absent")
fails("value expected", ipairs)
fails("table expected", next, 1)

-- Metamethods of tables.
local meta = {
  __add = function() return "add" end, __sub = function() return "sub" end, __mul = function() return "mul" end,
  __div = function() return "div" end, __mod = function() return "mod" end, __pow = function() return "pow" end,
  __unm = function() return "unm" end, __idiv = function() return "idiv" end, __band = function() return "band" end,
  __bor = function() return "bor" end, __bxor = function() return "bxor" end, __shl = function() return "shl" end,
  __shr = function() return "shr" end, __bnot = function() return "bnot" end, __concat = function() return "concat" end,
  __len = function() return 42 end, __eq = function() return true end, __lt = function() return true end,
  __le = function() return false end, __call = function(_, ...) return select("#", ...) end, __name = "mine",
  __tostring = function() return "text" end, __index = function(_, k) return k end,
}
local object, twin = setmetatable({}, meta), setmetatable({}, meta)
assert(object + 1 == "add" and 1 - object == "sub" and object * 1 == "mul" and 1 / object == "div" and object % 1 == "mod")
assert(object ^ 1 == "pow" and -object == "unm" and object // 1 == "idiv" and object & 1 == "band" and 1 | object == "bor")
assert(object ~ 1 == "bxor" and object << 1 == "shl" and 1 >> object == "shr" and ~object == "bnot" and "x" .. object == "concat")
assert(#object == 42 and object == twin and object < twin and not (object <= twin) and object(1, 2) == 2 and object.key == "key")
assert(tostring(object) == "text" and rawlen(object) == 0 and rawget(object, "key") == nil and not rawequal(object, twin))
rawset(object, "key", 1) assert(object.key == 1)
local written = {}
local guard = setmetatable({}, { __newindex = function(_, k, v) written[k] = v end })
guard.x = 1 assert(written.x == 1 and rawget(guard, "x") == nil)
local chain = setmetatable({}, { __index = setmetatable({ a = 1 }, { __index = { b = 2 } }) })
assert(chain.a == 1 and chain.b == 2 and chain.c == nil)
assert(getmetatable(setmetatable({}, { __metatable = "locked" })) == "locked")
fails("cannot change a protected metatable", setmetatable, setmetatable({}, { __metatable = 1 }), {})
fails("nil or table expected", setmetatable, {}, 1)

-- Weak tables give up what nothing else holds.
local weak = setmetatable({}, { __mode = "v" })
weak[1], weak[2] = {}, "strings are values" collectgarbage()
assert(weak[1] == nil and weak[2] == "strings are values")
local ephemeron = setmetatable({}, { __mode = "k" })
do local key = {} ephemeron[key] = key end
collectgarbage() assert(next(ephemeron) == nil)
