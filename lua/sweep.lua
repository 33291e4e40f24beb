-- Removes entries last seen so long ago: follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say. ARGV[1] is 0, so that what goes is counted here; ARGV[2] the age in ms; ARGV[3] the cut-off that an
-- earlier call of this sweep answered, or empty on the first.
-- Answer: how many went (500 mean: call again), and the cut-off in ms. The cut-off is taken once, so that a sweep ends
-- although others go on joining; 500 at a time, so that others get their turn.
-- Promise: expiry; what was renewed after the cut-off stays.

local limit = ARGV[3] ~= '' and tonumber(ARGV[3]) or now_ms() - tonumber(ARGV[2])
return { forget_older(limit, 500), limit }
