-- What the UTF-8 library of Lua 5.4 promises (reference manual, 6.5).
local function fails(pattern, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find(pattern), message)
end

local text = "aé€😀"
assert(#text == 10 and utf8.len(text) == 4 and utf8.len("") == 0 and utf8.len(text, -4) == 1 and utf8.len(text, 2, 3) == 1)
assert(utf8.char() == "" and utf8.char(97, 233, 8364, 128512) == text and utf8.char(0) == "\0" and #utf8.char(0x7fffffff) == 6)
assert(utf8.codepoint(text) == 97 and select("#", utf8.codepoint(text, 1, -1)) == 4 and utf8.codepoint(text, 2) == 233)
assert(select(4, utf8.codepoint(text, 1, #text)) == 128512 and select("#", utf8.codepoint(text, 3, 2)) == 0)
assert(utf8.offset(text, 1) == 1 and utf8.offset(text, 2) == 2 and utf8.offset(text, 3) == 4 and utf8.offset(text, 4) == 7 and utf8.offset(text, 5) == 11)
assert(utf8.offset(text, -1) == 7 and utf8.offset(text, -4) == 1 and utf8.offset(text, 6) == nil and utf8.offset(text, 0, 3) == 2 and utf8.offset(text, 0, 8) == 7)

local places, codes = {}, {}
for place, code in utf8.codes(text) do places[#places + 1], codes[#codes + 1] = place, code end
assert(table.concat(places, " ") == "1 2 4 7" and table.concat(codes, " ") == "97 233 8364 128512")
local count = 0
for character in text:gmatch(utf8.charpattern) do count = count + 1 assert(#character == count) end
assert(count == 4)

-- Bytes that are not UTF-8 are reported by their place, or are an error.
local length, place = utf8.len("ab\xff")
assert(length == nil and place == 3 and select(2, utf8.len("\xc3")) == 1 and select(2, utf8.len("a\xe2\x82")) == 2)
assert(utf8.len("\xed\xa0\x80") == nil and utf8.len("\xed\xa0\x80", 1, -1, true) == 1 and utf8.len("\xc0\x80") == nil and utf8.len("\xf4\x90\x80\x80") == nil)
assert(utf8.codepoint("\xf7\xbf\xbf\xbf", 1, 1, true) == 0x1fffff)
fails("invalid UTF%-8 code", utf8.codepoint, "\xff")
fails("invalid UTF%-8 code", function() for _ in utf8.codes("ab\xff") do end end)
fails("initial position is a continuation byte", utf8.offset, text, 1, 3)
fails("out of bounds", utf8.codepoint, text, 1, 20)
fails("out of bounds", utf8.len, text, 20)
fails("out of bounds", utf8.offset, text, 1, 20)
fails("value out of range", utf8.char, -1)
fails("value out of range", utf8.char, 0x80000000)
fails("number expected", utf8.char, "x")
assert("\u{7FFFFFFF}" == utf8.char(0x7FFFFFFF) and "\u{20AC}" == "€" and "\z
  joined" == "joined" and "\x41\65\u{41}" == "AAA")
