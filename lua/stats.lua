-- Counts: follows `line_….lua` and `entries.lua`.
-- KEYS[1..] as those say. ARGV[1] time to live in ms.
-- Answer: how many wait.

return line_length()
