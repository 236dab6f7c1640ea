-- What coroutines, protected calls, to-be-closed variables and the basic functions of Lua 5.4 promise (reference manual, 2.3,
-- 2.6, 3.3.8, 6.1 and 6.2), as far as scripts keep it.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(pattern), message)
end

-- Values go both ways.
local co = coroutine.create(function(a, b)
  local c = coroutine.yield(a + b)
  local d, e = coroutine.yield(c * 2)
  return d + e, "end"
end)
assert(coroutine.status(co) == "suspended")
assert(select(2, coroutine.resume(co, 1, 2)) == 3 and select(2, coroutine.resume(co, 10)) == 20)
local ok, sum, last = coroutine.resume(co, 3, 4)
assert(ok and sum == 7 and last == "end" and coroutine.status(co) == "dead")
assert(not coroutine.resume(co) and select(2, coroutine.resume(co)) == "cannot resume dead coroutine")

-- Status and place.
local outer
outer = coroutine.create(function()
  local inner = coroutine.create(function()
    assert(coroutine.status(outer) == "normal" and coroutine.isyieldable())
    assert(not coroutine.resume(outer))
  end)
  assert(coroutine.resume(inner))
  local running, is_main = coroutine.running()
  assert(running == outer and not is_main and coroutine.status(outer) == "running")
end)
assert(coroutine.resume(outer))
assert(select(2, coroutine.running()) and not coroutine.isyieldable())
fails("attempt to yield from outside a coroutine", coroutine.yield)

-- wrap, generators, yields across pcall, metamethods, iterators and for loops.
local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local total = 0
for i in range(10) do total = total + i end
assert(total == 55)
local across = coroutine.wrap(function()
  local inside, value = pcall(function() local x = coroutine.yield("in") error("x" .. x, 0) end)
  coroutine.yield(tostring(inside) .. value)
  local object = setmetatable({}, { __add = function(_, y) return coroutine.yield(y) end, __index = function(_, k) return coroutine.yield(k) end,
    __lt = function() return coroutine.yield("lt") end, __concat = function() return coroutine.yield("concat") end, __call = function(_, v) return coroutine.yield(v) end,
    __eq = function() return coroutine.yield("eq") end, __len = function() return coroutine.yield("len") end, __close = function() coroutine.yield("close") end })
  assert(object + 5 == "five" and object.key == "value" and object < object and object .. "x" == "joined" and object("call") == "called")
  assert(object == setmetatable({}, getmetatable(object)) and #object == 9)
  do local _ <close> = object end
  for i in function(_, i) i = (i or 0) + 1 if i < 3 then return coroutine.yield(i) and i end end do assert(i) end
  return "done"
end)
assert(across() == "in" and across(1) == "falsex1" and across() == 5 and across("five") == "key" and across("value") == "lt" and across(true) == "concat")
assert(across("joined") == "call" and across("called") == "eq" and across(true) == "len" and across(9) == "close" and across() == 1 and across(true) == 2 and across(true) == "done")
fails("cannot resume dead coroutine", across)
fails("attempt to yield across a C%-call boundary", coroutine.wrap(function() table.sort({ 1, 2, 3 }, function() coroutine.yield() end) end))
fails("attempt to yield across a C%-call boundary", coroutine.wrap(function() ("x"):gsub("x", function() coroutine.yield() end) end))

-- Errors.
local failing = coroutine.create(function() error({ code = 7 }) end)
local went_well, object = coroutine.resume(failing)
assert(not went_well and object.code == 7 and coroutine.status(failing) == "dead")
assert(select("#", pcall(error)) == 2 and select(2, pcall(error)) == nil and select(2, pcall(error, nil)) == nil)
assert(select(2, pcall(error, "text", 0)) == "text" and select(2, pcall(function() error("text") end)):find(":%d+: text$"))
assert(select(2, pcall(error, 42)) == 42 and select(2, xpcall(error, function(m) return m .. "!" end, "x", 0)) == "x!")
assert(select(2, xpcall(function() local x = nil x() end, function(m) return m:match("attempt to call a nil value") end)) == "attempt to call a nil value")
assert(xpcall(function(...) return select("#", ...) end, print, 1, nil, nil) and select(2, xpcall(function(...) return select("#", ...) end, print, 1, nil, nil)) == 3)
assert(pcall(pcall, error) and select(2, pcall(pcall, error)) == false)
fails("bad argument #1 to 'assert' %(value expected%)", assert)
fails("assertion failed!", assert, false)
fails("own message", assert, nil, "own message")
assert(select("#", assert(1, 2, 3)) == 3)

-- close and to-be-closed variables: in reverse order, with the error, also on break, return, goto and error.
local order = {}
local function closing(name) return setmetatable({}, { __close = function(_, e) order[#order + 1] = name .. (e and "!" or "") end }) end
do
  local _ <close> = closing "a"
  local _ <close> = closing "b"
  local _ <close> = nil
end
for _ = 1, 2 do local _ <close> = closing "loop" break end
pcall(function() local _ <close> = closing "error" error "x" end);
(function() local _ <close> = closing "return" return 1 end)()
do local i = 1 ::again:: local _ <close> = closing("goto" .. i) i = i + 1 if i == 2 then goto again end end
assert(table.concat(order, " ") == "b a loop error! return goto1 goto2")
order = {}
for _ in (function() return function(_, i) if (i or 0) < 2 then return (i or 0) + 1 end end, nil, nil, closing "iterator" end)() do order[#order + 1] = "x" end
assert(table.concat(order, " ") == "x x iterator")
fails("variable '_' got a non%-closable value", function() local _ <close> = 42 end)
fails("second", function() local _ <close> = setmetatable({}, { __close = function() error "second" end }) error "first" end)
order = {}
local suspended = coroutine.create(function() local _ <close> = closing "coroutine" coroutine.yield() end)
coroutine.resume(suspended)
assert(coroutine.close(suspended) and order[1] == "coroutine" and coroutine.status(suspended) == "dead" and coroutine.close(suspended))
local bad = coroutine.create(function() local _ <close> = setmetatable({}, { __close = function() error("closing", 0) end }) coroutine.yield() end)
coroutine.resume(bad)
local closed, why = coroutine.close(bad)
assert(not closed and why == "closing" and coroutine.close(coroutine.create(print)))
fails("cannot close a running coroutine", coroutine.close, coroutine.running())
assert(not pcall(load("local x <const> = 1 x = 2") or error) and not load("local x <const> = 1 x = 2"))

-- The basic functions.
assert(select("#") == 0 and select(-1, 1, 2, 3) == 3 and select(2, "a", "b", "c") == "b" and select("#", nil, nil) == 2)
fails("index out of range", select, 0)
fails("index out of range", select, -2, 1)
assert(type(nil) == "nil" and type(print) == "function" and type(co) == "thread" and type({}) == "table" and type("") == "string")
fails("value expected", type)
assert(load("return ...", "chunk", "t", {})(5) == 5 and load("x = 1 return x", "c", "t", {})() == 1 and select(2, load("syntax error here")):find("syntax error"))
local step = 0
assert(load(function() step = step + 1 return ({ "return ", "1", "+1" })[step] end)() == 2)
assert(rawequal("a", "a") and not rawequal("1", 1) and rawlen("abc") == 3 and rawget({ 5 }, 1) == 5 and rawset({}, 1, 2)[1] == 2)
assert(_VERSION == "Lua 5.4" and _G._G == _G and next({ 1 }) == 1 and tostring(nil) == "nil" and tostring(true) == "true")
do
  local calls = 0
  local function tail(n) calls = calls + 1 if n > 0 then return tail(n - 1) end return calls end
  assert(tail(50000) == 50001)
  local function variadic(...) local a, b = ... return select("#", ...), a, b end
  assert(select("#", variadic()) == 3 and variadic(nil, nil) == 2 and (variadic(1, 2, 3)) == 3)
end
goto finish
do error "jumped over" end
::finish::
