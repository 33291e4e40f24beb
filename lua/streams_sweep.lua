-- Removes the entries of some users that joined so long ago, or have expired.
-- KEYS the users' streams. ARGV[1] 1 if the event has a time to live, else 0; ARGV[2] the age in ms; ARGV[3] the cut-off that an earlier
-- call of this sweep answered, or empty on the first; ARGV[4] what the key of a mark begins with.
-- Answer: how many went, and the cut-off in ms.
-- Without a time to live the age is that of the join (XTRIM MINID sees ids only), and renewing does not prolong it. With one,
-- ids say nothing of renewals: then an entry goes when its mark has run out.
-- Promise: no-loss: reading, trimming, releasing the marks and deleting the empty stream are one step for each user.
-- Known limit: the marks are not declared in KEYS, since only the streams know them; they lie in the streams' slot.

local time = redis.call('TIME')
local cutoff = ARGV[3] ~= '' and tonumber(ARGV[3])
  or time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(ARGV[2])
local expires, removed = ARGV[1] == '1', 0

for _, stream in ipairs(KEYS) do
  local last = expires and '+' or string.format('%.0f', math.max(cutoff, 0))
  for _, entry in ipairs(redis.call('XRANGE', stream, '-', last)) do
    local mark = ARGV[4] .. entry[2][4] -- the fields are { 'token', t, 'dedupe', key }
    local waits = redis.call('GET', mark) == entry[2][2]
    if not expires then
      removed = removed + 1
      if waits then
        redis.call('DEL', mark)
      end
    elseif not waits then
      removed = removed + redis.call('XDEL', stream, entry[1])
    end
  end
  if not expires then
    redis.call('XTRIM', stream, 'MINID', '=', string.format('%.0f', math.max(cutoff + 1, 0)))
  end
  if redis.call('XLEN', stream) == 0 then
    redis.call('DEL', stream)
  end
end
return { removed, cutoff }
