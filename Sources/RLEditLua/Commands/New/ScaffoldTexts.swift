/// The texts of `rledit-lua new`. A test runs each.
enum ScaffoldTexts {
    /// Model and sets, the same in all of them.
    private static let beginning = """
        local rledit = require "rledit"

        -- The seed of the run (--seed) and the values given by --set are the script's only inputs.
        local digit = rledit.args.digit or 7

        -- Examples: MNIST where it is found, else generated digits. rledit.data.idx reads files of your own.
        local digits = rledit.data.digits()

        -- A network to edit. The same fit is remembered: the next run does not repeat it.
        -- model:load "mine.safetensors" takes the parameters of one that was trained elsewhere.
        local model = rledit.models.digit_cnn { seed = rledit.seed }
        model:fit(digits.train, { epochs = 2 })

        local function is_digit(label) return label == digit end
        local forget, retain = digits.train:partition(is_digit)
        local test_forget, test_retain = digits.test:partition(is_digit)


        """

    static let unlearn =
        """
        -- Make a trained network forget one digit and keep the rest.
        --
        --   rledit-lua check FILE                     try it without running it
        --   rledit-lua FILE --set digit=4 --seeds 3   run it

        """ + beginning + """
            return rledit.task {
              name    = "unlearn-" .. digit,
              model   = model,

              -- What an action may do: scale the weights of a layer (MaskWorld) or add to them (ShiftWorld).
              world   = rledit.MaskWorld { layer = "fc2", rank = 1 },

              -- What the reward sees, and what the edit is judged on in the end.
              sets    = { forget = forget:take(500), retain = retain:take(2000) },
              heldout = { forget = test_forget, retain = test_retain },

              -- One number to maximize, then named terms for the log.
              reward  = function(m)
                local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
                return keep + drop, { keep = keep, drop = drop }
              end,

              -- Who looks for the edit, and how many candidates it may try.
              learner = rledit.PPO { steps = 8192 },
            }

            """

    static let customReward =
        """
        -- A reward of one's own: losses instead of accuracies, and a price on the size of the edit.
        --
        --   rledit-lua check FILE
        --   rledit-lua FILE --set price=0.5

        """ + beginning + """
            local price = rledit.args.price or 0.1

            -- m has one entry for each set (accuracy, loss, confidence, margin, logits, …), m.base (the unedited network's)
            -- and m.edit (norm, mean_abs, relative_norm). What is not read is not computed.
            local function reward(m)
              -- A loss that grows for ever would drown all else: past that of guessing among ten digits it is worth no more.
              local drop = math.min(m.forget.loss, math.log(10)) / math.log(10)
              local keep = -math.max(m.retain.loss - m.base.retain.loss, 0)
              local size = -price * m.edit.relative_norm
              return drop + keep + size, { drop = drop, keep = keep, size = size }
            end

            return rledit.task {
              name    = "custom-reward-" .. digit,
              model   = model,
              world   = rledit.MaskWorld { layer = "fc2", rank = 1 },
              sets    = { forget = forget:take(500), retain = retain:take(2000) },
              heldout = { forget = test_forget, retain = test_retain },
              reward  = reward,
              learner = rledit.PPO { steps = 8192 },
            }

            """

    static let customWorld =
        """
        -- A world of one's own: what an action does to the weights is a function of this file.
        --
        --   rledit-lua check FILE
        --   rledit-lua FILE

        """ + beginning + """
            -- One number for each class: it scales the class's row of the last layer, weights [classes, inputs].
            -- Numbers of an action lie in -1 ... 1. apply returns new weights and leaves those it is given alone.
            local world = {
              name = "RowScale",
              layer = "fc3",
              action_size = 10,
              apply = function(weights, action)
                return weights * (1 + action:reshape { 10, 1 })
              end,
            }

            return rledit.task {
              name    = "row-scale-" .. digit,
              model   = model,
              world   = world,
              sets    = { forget = forget:take(200), retain = retain:take(800) },
              heldout = { forget = test_forget, retain = test_retain },
              reward  = function(m)
                return m.retain.accuracy - m.forget.accuracy
              end,
              learner = rledit.PPO { steps = 2048 },
            }

            """

    static let byHand =
        """
        -- A loop of one's own over an environment: here, the simplest hill climber.
        --
        --   rledit-lua FILE
        --
        -- The script returns no task, so it is simply run: it leaves no run folder and cannot be resumed.

        """ + beginning + """
            local env = rledit.env {
              name   = "by-hand-" .. digit,
              model  = model,
              world  = rledit.MaskWorld { layer = "fc2", rank = 1 },
              sets   = { forget = forget:take(200), retain = retain:take(800) },
              reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
            }

            -- The words are Gymnasium's: env:reset(seed) and env:step(action) give an observation, a reward and so on.
            -- env:evaluate judges a batch of actions at once, spread over the cores.
            local best, action = -math.huge, {}
            for i = 1, env.action_size do action[i] = 0.0 end
            for round = 1, 20 do
              local tries = {}
              for n = 1, 32 do
                local candidate = {}
                for i = 1, #action do
                  -- Two uniform numbers less one: small steps are likelier than large ones.
                  local step = 0.5 * (math.random() + math.random() - 1)
                  candidate[i] = math.max(-1, math.min(1, action[i] + step))
                end
                tries[n] = candidate
              end
              for n, result in ipairs(env:evaluate(tries)) do
                if result.reward > best then best, action = result.reward, tries[n] end
              end
              print(("round %2d   best reward %.3f"):format(round, best))
            end

            -- The network after the best edit, and what it does to images nobody has seen so far.
            local edited = env:best().model
            print(("forget %.1f %%, retain %.1f %%"):format(
              100 * edited:evaluate(test_forget).accuracy, 100 * edited:evaluate(test_retain).accuracy))

            """
}
