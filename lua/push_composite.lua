-- Places a member by one float64 made of the client's clock and a counter, in one of four ways.
-- KEYS[1] the sorted set, KEYS[4] the counter, KEYS[5] the epoch (`rebased` only).
-- ARGV[4] the client's clock in ms, ARGV[5] the way:
--   shift    ts * 2^24 + counter     65 bits in 53: the counter's lower 12 bits are gone, 4,096 joins share a score.
--                                    (In a signed 64-bit integer the shift would overflow: negative scores.)
--   decimal  ts + counter * 1e-6     a float64 near ts steps by 2^-12: 244 counters in a row share a score.
--   centi    ts + counter * 0.01     right up to 100 joins in a ms; the 101st ties with the next millisecond.
--   rebased  (ts - epoch) * 2^20 + counter, below 2^53 until 2^33 ms (99 days) after the epoch, which is the midnight
--            (UTC) before the event's first join. After that day joins are refused, not misplaced.
-- The counter of shift and decimal counts on; that of centi and rebased is a key of its own for each millisecond, so that it
-- begins at 0 again, whichever client's clock is behind.

local function epoch_of(ts)
  return tonumber(redis.call('GET', KEYS[5]) or ts - ts % 86400000)
end

local function line_push(member)
  local ts, way, score = tonumber(ARGV[4]), ARGV[5], nil
  if way == 'rebased' and ts - epoch_of(ts) >= 2 ^ 33 then -- asked before anything is written
    return redis.error_reply('REFUSED composite-rebased keeps order for 99 days after its epoch, which have passed')
  end
  local counter = redis.call('INCR', KEYS[4]) - 1
  if way == 'shift' then
    score = ts * 2 ^ 24 + counter
  elseif way == 'decimal' then
    score = ts + counter * 1e-6
  else
    redis.call('PEXPIRE', KEYS[4], 60000) -- clocks that are a minute apart are beyond help
    if way == 'centi' then
      score = ts + counter * 0.01
    else
      redis.call('SETNX', KEYS[5], string.format('%.0f', epoch_of(ts)))
      score = (ts - epoch_of(ts)) * 2 ^ 20 + counter
    end
  end
  -- Lua's tostring would keep 14 digits of the score; 17 are exact.
  redis.call('ZADD', KEYS[1], string.format('%.17g', score), member)
end
