-- What numbers and the mathematical library of Lua 5.4 promise (reference manual, 3.4.1 to 3.4.3 and 6.7), as far as scripts
-- keep it. math.random and math.randomseed are the run's own and tested elsewhere.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(pattern), message)
end
local function nearly(x, y) return math.abs(x - y) < 1e-12 end

-- Integers and floats.
assert(math.type(1) == "integer" and math.type(1.0) == "float" and math.type("1") == nil and 1 == 1.0 and 3 | 0 == 3)
assert(math.maxinteger + 1 == math.mininteger and math.mininteger - 1 == math.maxinteger and math.maxinteger * 2 == -2)
assert(7 // 2 == 3 and -7 // 2 == -4 and 7 // -2 == -4 and 7.0 // 2 == 3.0 and 1 // 0.0 == math.huge and -1 // 0.0 == -math.huge)
assert(7 % 3 == 1 and -7 % 3 == 2 and 7 % -3 == -2 and -7 % -3 == -1 and 5.5 % 2 == 1.5 and -5.5 % 2 == 0.5)
assert(5 % math.huge == 5.0 and -5 % math.huge == math.huge and math.mininteger // -1 == math.mininteger and math.mininteger % -1 == 0)
assert(7 / 2 == 3.5 and math.type(4 / 2) == "float" and 2 ^ 10 == 1024.0 and math.type(2 ^ 2) == "float" and -2 ^ 2 == -4.0)
fails("attempt to divide by zero", function() return 1 // 0 end)
fails("attempt to perform 'n%%0'", function() return 1 % 0 end)
assert(0 / 0 ~= 0 / 0 and 1 / 0 == math.huge and -1 / 0 == -math.huge and 1 / -0.0 == -math.huge and 0.0 == -0.0)
assert(0xff == 255 and 0x7fffffffffffffff == math.maxinteger and 0xffffffffffffffff == -1 and 0x.8p1 == 1.0 and 1e2 == 100.0)
assert(math.type(9223372036854775807) == "integer" and math.type(9223372036854775808) == "float" and 3e0 == 3)

-- Bits.
assert(5 & 3 == 1 and 5 | 3 == 7 and 5 ~ 3 == 6 and ~0 == -1 and 1 << 63 == math.mininteger and 1 << 64 == 0 and -1 >> 1 == math.maxinteger)
assert(1 << -1 == 0 and 2 >> -1 == 4 and 1 << math.maxinteger == 0 and 3.0 & 1 == 1)
fails("number has no integer representation", function() return 1.5 & 1 end)
fails("number has no integer representation", function() return 2 ^ 63 | 0 end)
fails("attempt to perform bitwise operation on a table value", function() return {} & 1 end)

-- Comparisons between integers and floats are exact.
assert(math.maxinteger < 2 ^ 63 and math.maxinteger + 0.0 == 2 ^ 63 and math.maxinteger ~= 2 ^ 63 and math.mininteger == -2 ^ 63)
assert(2 ^ 53 == 2 ^ 53 | 0 and (2 ^ 53 | 0) + 1 > 2 ^ 53 and 1 < 1.5 and -1 > -1.5 and not (1 < 0 / 0) and not (1 >= 0 / 0))
fails("attempt to compare", function() return 1 < "2" end)
fails("attempt to compare two table values", function() return {} < {} end)

-- The library.
assert(math.abs(-3) == 3 and math.abs(-3.5) == 3.5 and math.abs(math.mininteger) == math.mininteger and math.abs(-0.0) == 0.0)
assert(math.ceil(1.2) == 2 and math.ceil(-1.2) == -1 and math.floor(1.8) == 1 and math.floor(-1.2) == -2 and math.floor(5) == 5)
assert(math.type(math.floor(2.0)) == "integer" and math.type(math.floor(1e300)) == "float" and math.ceil(math.huge) == math.huge)
assert(math.max(1, 2.5, -1) == 2.5 and math.min(3, 1, 2) == 1 and math.type(math.max(1, 2)) == "integer" and math.max(1.5) == 1.5)
fails("value expected", math.max)
assert(math.fmod(7, 3) == 1 and math.fmod(-7, 3) == -1 and math.fmod(7, -3) == 1 and math.fmod(5.5, 2) == 1.5 and math.fmod(math.mininteger, -1) == 0)
fails("zero", math.fmod, 1, 0)
assert(math.fmod(1, 0.0) ~= math.fmod(1, 0.0) and select(2, math.modf(3.7)) > 0.69 and math.modf(-3.7) == -3.0 and math.modf(5) == 5.0)
assert(select(2, math.modf(math.huge)) == 0.0 and math.modf(math.huge) == math.huge)
assert(math.tointeger(3.0) == 3 and math.tointeger(3.5) == nil and math.tointeger("8") == 8 and math.tointeger({}) == nil and math.tointeger(2 ^ 63) == nil)
assert(math.ult(1, -1) and not math.ult(-1, 1) and math.pi > 3.14159 and math.pi < 3.1416 and math.huge > math.maxinteger)
assert(nearly(math.sin(math.pi / 2), 1) and nearly(math.cos(0), 1) and nearly(math.tan(math.pi / 4), 1) and nearly(math.asin(1), math.pi / 2))
assert(nearly(math.acos(1), 0) and nearly(math.atan(1), math.pi / 4) and nearly(math.atan(1, -1), 3 * math.pi / 4) and nearly(math.atan(-0.0, -1), -math.pi))
assert(nearly(math.exp(1), 2.718281828459045) and nearly(math.log(math.exp(2)), 2) and math.log(8, 2) == 3.0 and math.log(1000, 10) == 3.0 and nearly(math.log(27, 3), 3))
assert(math.sqrt(16) == 4.0 and math.sqrt(-1) ~= math.sqrt(-1) and nearly(math.deg(math.pi), 180) and nearly(math.rad(180), math.pi))

-- tonumber, tostring.
assert(tonumber("0x10") == 16 and tonumber("  12  ") == 12 and tonumber("1e1") == 10.0 and tonumber("10", 2) == 2 and tonumber("zz", 36) == 1295)
assert(tonumber("") == nil and tonumber("1 2") == nil and tonumber("0x") == nil and tonumber("1e") == nil and tonumber({}) == nil and tonumber("8", 8) == nil)
assert(tonumber("-0x10") == -16 and tonumber("-ff", 16) == -255 and tonumber("1_000") == nil and tonumber("inf") == nil and tonumber("nan") == nil)
fails("base out of range", tonumber, "1", 99)
fails("string expected", tonumber, 1, 10)
assert(tostring(1) == "1" and tostring(1.0) == "1.0" and tostring(-0.0) == "-0.0" and tostring(1e15) == "1e+15" and tostring(1e100) == "1e+100")
assert(tostring(math.huge) == "inf" and tostring(-math.huge) == "-inf" and tostring(math.mininteger) == "-9223372036854775808")

-- Loops over numbers: ends are reached exactly, never overflow, and steps may not be 0.
local count = 0
for _ = math.maxinteger - 2, math.maxinteger do count = count + 1 end
for _ = math.mininteger + 2, math.mininteger, -1 do count = count + 1 end
for _ = 1, 0 do count = count + 100 end
for x = 1.0, 2.0, 0.25 do count = count + x - x + 1 end
assert(count == 11)
fails("'for' step is zero", function() for _ = 1, 2, 0 do end end)
fails("'for' initial value", function() for _ = "a", 2 do end end)
for i = 1, math.huge do if i == 3 then break end end
