-- The settings that a model is made with: the given ones over their defaults. An unknown name or a value of another type
-- is an error of the script that asked for the model. Every model takes `seed` beside its own. A table may also be given as
-- the path of a JSON file that holds it; a `length` has to be given.
return function(owner, given, defaults)
  local settings = {}
  for name, value in pairs(defaults) do settings[name] = value end
  local names = {}
  for name in pairs(given or {}) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do
    local value, default = given[name], defaults[name]
    if name == "seed" then default = 0 end
    if type(default) == "table" and type(value) == "string" then value = require("rledit.data").json(value) end
    if default == nil then error(("unknown field '%s' in %s"):format(name, owner), 3) end
    if math.type(value) ~= math.type(default) or type(value) ~= type(default) then
      local expected = math.type(default) or type(default)
      error(("field '%s' in %s: %s expected, got %s"):format(name, owner, expected, type(value)), 3)
    end
    settings[name] = value
  end
  if settings.length and settings.length < 1 then
    error(("field 'length' in %s: the number of tokens of a text expected"):format(owner), 3)
  end
  return settings
end
