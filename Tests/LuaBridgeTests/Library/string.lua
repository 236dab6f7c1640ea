-- What the string library of Lua 5.4 promises (reference manual, 6.4), as far as scripts keep it.
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(pattern), message)
end

-- Positions: from 1, from the end when negative, cut to the string.
assert(("hello"):sub(2, 4) == "ell" and ("hello"):sub(-3) == "llo" and ("hello"):sub(0) == "hello")
assert(("hello"):sub(4, 2) == "" and ("hello"):sub(-100, 100) == "hello" and ("hello"):sub(math.mininteger, math.maxinteger) == "hello")
assert(("hello"):byte() == 104 and select("#", ("hello"):byte(2, 4)) == 3 and select("#", ("hello"):byte(9)) == 0)
assert(("hello"):byte(-1) == 111 and string.char() == "" and string.char(0, 255, 65) == "\0\255A")
fails("value out of range", string.char, 256)
fails("value out of range", string.char, -1)
assert(#"a\0b" == 3 and ("a\0b"):len() == 3 and ("A\0b"):upper() == "A\0B" and ("Ab"):lower() == "ab")
assert(("abc"):reverse() == "cba" and (""):reverse() == "" and ("ab"):rep(3) == "ababab" and ("ab"):rep(2, "-") == "ab-ab")
assert(("x"):rep(0) == "" and ("x"):rep(-5) == "" and ("x"):rep(1, "sep") == "x")

-- Conversions between strings and numbers.
assert("10" + 5 == 15 and math.type("10" + 5) == "integer" and "0x10" + 0 == 16 and "1e1" * 1 == 10.0)
assert(10 .. "" == "10" and 1.5 .. "" == "1.5" and -0.0 .. "" == "-0.0" and 2^53 .. "" == "9.007199254741e+15")
fails("attempt to add a 'string' with a 'number'", function() return "abc" + 1 end)
fails("attempt to concatenate a nil value", function() return "a" .. nil end)
assert("a" < "b" and "a" < "aa" and "Z" < "a" and "" < "\0" and not ("b" < "a"))

-- Patterns.
assert(("hello world"):find("o w") == 5 and select(2, ("hello"):find("l+")) == 4 and ("hello"):find("") == 1)
assert(("a.b"):find(".", 1, true) == 2 and ("a.b"):find(".", 3, true) == nil and ("abc"):find("b", -1) == nil)
assert(("hello"):find("", 6) == 6 and ("hello"):find("", 7) == nil)
assert(("key = value"):match("^(%w+)%s*=%s*(%w+)$") == "key" and select(2, ("key = value"):match("^(%w+)%s*=%s*(%w+)$")) == "value")
assert(("2024-01-31"):match("(%d+)-(%d+)-(%d+)") == "2024" and ("abc"):match("()b()") == 2)
assert(("THE (quick) fox"):find("%((%a+)%)") == 5 and ("[[x]]"):match("%[%[(.-)%]%]") == "x")
assert(("f(a(b)c)d"):match("%b()") == "(a(b)c)" and ("THE fox"):gsub("%f[%a]%a+", "w") == "w w")
assert(("aaa"):match("a-") == "" and ("aaa"):match("^a-$") == "aaa" and ("aab"):match("a*b") == "aab")
assert(("x=1,y=2"):gsub("(%w)=(%w)", "%2=%1") == "1=x,2=y" and ("abc"):gsub("", "-") == "-a-b-c-")
assert(("hello"):gsub("l", { l = "L" }) == "heLLo" and ("hello"):gsub("l", function() return false end) == "hello")
assert(select(2, ("hello"):gsub("l", "x")) == 2 and ("hello"):gsub("l", "x", 1) == "hexlo" and ("a"):gsub("a", "%%") == "%")
assert(("abc"):gsub("%w", "%0%0") == "aabbcc" and ("\0a\0"):gsub("%z", "0") == "0a0" and ("é"):match("[\xc3][\xa9]") == "é")
assert(("one two"):gsub("(%w+) (%w+)", "%2 %1") == "two one" and ("same same"):match("(%w+) %1") == "same")
assert(("a-b"):match("[a%-]+") == "a-" and ("]"):match("[]]") == "]" and ("^"):match("[%^]") == "^" and ("b"):match("[^a]") == "b")
local words = {}
for word in ("one two  three"):gmatch("%a+") do words[#words + 1] = word end
assert(#words == 3 and words[3] == "three")
local pairs_found = {}
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do pairs_found[k] = v end
assert(pairs_found.a == "1" and pairs_found.b == "2")
for k in ("abc"):gmatch("%a", 3) do assert(k == "c") end
fails("malformed pattern", string.find, "a", "[a")
fails("malformed pattern", string.find, "a", "%")
fails("unfinished capture", string.find, "a", "(a")
fails("invalid pattern capture", string.match, "a", "a)")
fails("invalid capture index", string.gsub, "a", "a", "%2")
fails("invalid replacement value", string.gsub, "a", "a", function() return {} end)
fails("pattern too complex", string.find, ("x"):rep(300000), ("x?"):rep(300000))
fails("missing '%['", string.find, "a", "%f")

-- format.
assert(("%d %5d|%-5d|%05d|%+d"):format(3, 4, 5, 6, 7) == "3     4|5    |00006|+7")
assert(("%x %X %o %#x %c"):format(255, 255, 8, 255, 65) == "ff FF 10 0xff A")
assert(("%.2f %5.1f %e %g %g"):format(3.14159, 2.25, 12345.678, 1e20, 0.1) == "3.14   2.2 1.234568e+04 1e+20 0.1")
assert(("%s %10s|%-10s|%.2s"):format("a", "right", "left", "cut") == "a      right|left      |cu")
assert(("%s %s %s"):format(nil, true, 12) == "nil true 12" and ("%%"):format() == "%" and ("%i"):format(3.0) == "3")
assert(("%q"):format('a\n"b"\0') == '"a\\\n\\"b\\"\\0"' and ("%q"):format(1 / 3) == "0x1.5555555555555p-2" and ("%q"):format(math.mininteger) == "0x8000000000000000")
assert(("%a"):format(1) == "0x1p+0" and ("%s"):format(setmetatable({}, { __tostring = function() return "own" end })) == "own")
fails("number has no integer representation", string.format, "%d", 1.5)
fails("bad argument #2", string.format, "%d", "x")
fails("bad argument #2", string.format, "%d")
fails("invalid conversion", string.format, "%y", 1)
fails("invalid conversion", string.format, "%1000d", 1)
fails("no literal", string.format, "%q", {})
fails("'__tostring' must return a string", string.format, "%s", setmetatable({}, { __tostring = function() return {} end }))

-- pack and unpack.
assert(string.pack("<i4", 1) == "\1\0\0\0" and string.pack(">i4", 1) == "\0\0\0\1" and string.pack("b", -1) == "\255")
assert(string.unpack("<I2", "\1\2") == 513 and select(2, string.unpack("<I2", "\1\2")) == 3 and string.packsize("<i4i8") == 12)
assert(string.unpack("<i4", string.pack("<i4", -5)) == -5 and string.unpack("z", "ab\0c") == "ab" and string.unpack("s1", "\2abc") == "ab")
assert(string.unpack("<d", string.pack("<d", 0.1)) == 0.1 and string.unpack("<f", string.pack("<f", 0.5)) == 0.5)
assert(string.pack("!4 i1 i4", 1, 2):len() == 8 and string.pack("<i3", -2) == "\254\255\255" and string.pack(">s2", "ab") == "\0\2ab")
local a, b, place = string.unpack("<i2 i2", string.pack("<i2 i2", 7, -7))
assert(a == 7 and b == -7 and place == 5 and string.unpack("<i1", "\1\2\3", 2) == 2 and string.unpack("i1", "\1\2", -1) == 2)
fails("data string too short", string.unpack, "i4", "abc")
fails("overflow", string.pack, "i1", 200)
fails("out of limits", string.pack, "i17", 1)
fails("variable%-length format", string.packsize, "s")
fails("contains zeros", string.pack, "z", "a\0b")
fails("invalid format option", string.pack, "y", 1)

-- Methods of strings, and that numbers are not objects.
assert(("x").upper == string.upper and #("x" .. "y") == 2 and ("%d"):rep(2):format(1, 2) == "12")
fails("attempt to index a number value", function() return (1).x end)
