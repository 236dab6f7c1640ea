-- From a folder of your own pictures to a set, a network, an edit and a report.
--
--   rledit-lua examples/own_images.lua
--   rledit-lua examples/own_images.lua --data . --set path=photos --set forget=cat
--
-- `photos` holds a folder for each class, with its JPEG or PNG pictures in it; an archive, photos.tar.gz, will do too.
-- Without one, the pictures are coloured shapes that the program draws.
local rledit = require "rledit"
local nn, data, args = rledit.nn, rledit.data, rledit.args

local train, test, classes
if args.path then
  local photos, names, broken = data.image_folder {
    path = args.path, folder = args.folder, size = 32, normalize = "imagenet", skip_broken = true }
  for _, path in ipairs(broken) do print("passed over, since it is broken: " .. path) end
  train, test = photos:shuffle(1):split(0.8)
  classes = names
else
  local shapes = data.generated_objects { train = 3000, test = 1000, normalize = "imagenet" }
  train, test, classes = shapes.train, shapes.test, shapes.classes
end

local label                                           -- of the class to forget: the first, if none is named
for place, name in ipairs(classes) do
  if name == (args.forget or classes[1]) then label = place - 1 end
end
assert(label, ("no class '%s'; there are %s"):format(args.forget, table.concat(classes, ", ")))

local model = nn.sequential {
  input = train.example_shape, seed = rledit.seed,
  { "conv1", nn.conv2d { inputs = 3, outputs = 16, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
  { "conv2", nn.conv2d { inputs = 16, outputs = 32, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
  nn.flatten(), { "hidden", nn.linear(2048, 64) }, nn.relu(), { "out", nn.linear(64, #classes) },
}
model:fit(train, { epochs = args.epochs or 8 })
print(("%d classes, %.1f %% right before the edit"):format(#classes, 100 * model:evaluate(test).accuracy))

local function is_forgotten(l) return l == label end
local forget, retain = train:partition(is_forgotten)
local test_forget, test_retain = test:partition(is_forgotten)
return rledit.task {
  name = "forget-" .. classes[label + 1], model = model, world = rledit.ShiftWorld { layer = "hidden", rank = 1 },
  sets = { forget = forget:take(math.min(#forget, 500)), retain = retain:take(math.min(#retain, 2000)) },
  heldout = { forget = test_forget, retain = test_retain },
  reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
  learner = rledit.PPO { steps = args.steps or 4096 },
}
