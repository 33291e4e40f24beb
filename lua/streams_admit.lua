-- Lets in those with the smallest stream ids over all users' streams, and remembers whom.
-- KEYS[1] the batch's record.
-- ARGV[1] how many, ARGV[2] a pattern that matches the users' streams, ARGV[3] what the key of a mark begins with.
-- Answer: the tokens let in, first to last, joined by commas; for a batch that was answered before, that answer.
-- Promise: per-user-fifo, no-loss, idempotence for an hour. Not global-fifo: ids are milliseconds and a counter that starts
-- at 0 in every stream, so users who join in one millisecond are let in in the order of their streams' names.
-- Known limits: the streams and marks are found by SCAN and not declared in KEYS; they carry the hash tag of the batch's
-- record, so they lie in its slot. The cost grows with the number of keys on the server, not with the number let in.

local answered = redis.call('GET', KEYS[1])
if answered then
  return answered
end
local wanted = tonumber(ARGV[1])

local streams, listed, cursor = {}, {}, '0'
repeat
  local page = redis.call('SCAN', cursor, 'MATCH', ARGV[2], 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    if not listed[key] then -- SCAN may list a key twice
      listed[key] = true
      streams[#streams + 1] = key
    end
  end
until cursor == '0'

-- No stream can give more than `wanted`, so that many of each are enough to choose from.
local function oldest_entries()
  local entries = {}
  for _, key in ipairs(streams) do
    for _, entry in ipairs(redis.call('XRANGE', key, '-', '+', 'COUNT', wanted)) do
      local ms, count = string.match(entry[1], '^(%d+)-(%d+)$')
      entries[#entries + 1] = { key = key, id = entry[1], ms = tonumber(ms), count = tonumber(count), fields = entry[2] }
    end
  end
  table.sort(entries, function(a, b)
    if a.ms ~= b.ms then
      return a.ms < b.ms
    elseif a.count ~= b.count then
      return a.count < b.count
    end
    return a.key < b.key
  end)
  return entries
end

local function remove(entry)
  redis.call('XDEL', entry.key, entry.id)
  if redis.call('XLEN', entry.key) == 0 then
    redis.call('DEL', entry.key) -- an empty stream would keep 234 bytes
  end
end

-- Expired entries are removed before anybody is chosen: with one of them among a stream's oldest, the stream might have
-- shown one too few.
local chosen
repeat
  local expired = false
  chosen = {}
  for _, entry in ipairs(wanted > 0 and oldest_entries() or {}) do
    if #chosen == wanted then
      break
    elseif redis.call('GET', ARGV[3] .. entry.fields[4]) == entry.fields[2] then
      chosen[#chosen + 1] = entry
    else
      remove(entry)
      expired = true
    end
  end
until not expired

local tokens = {}
for i, entry in ipairs(chosen) do
  remove(entry)
  tokens[i] = entry.fields[2]
end
local answer = table.concat(tokens, ',')
redis.call('SET', KEYS[1], answer, 'EX', 3600)
return answer
