-- What luacheck holds examples/ and library/ to. The globals are the ones a sandboxed script has: an example that
-- reached for io or os.execute would only run with --trust.
max_line_length = 120

stds.sandbox = {
   read_globals = {
      "_G", "_VERSION", "assert", "collectgarbage", "error", "getmetatable", "ipairs", "load", "next", "pairs", "pcall",
      "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber", "tostring",
      "type", "warn", "xpcall",
      coroutine = {
         fields = { "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield" },
      },
      debug = { fields = { "traceback" } },
      math = { other_fields = true },
      package = { fields = { "config", "cpath", "loaded", "path", "preload" } },
      os = { fields = { "clock", "date", "difftime", "time" } },
      string = {
         fields = {
            "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep",
            "reverse", "sub", "unpack", "upper",
         },
      },
      table = { other_fields = true },
      utf8 = { other_fields = true },
   },
}
std = "sandbox"

-- Annotation files declare functions without bodies, for editors to read.
files["library"] = { ignore = { "211", "212", "241", "631" } }
