#!/usr/bin/env python3
"""Records a history of a waiting queue, for `stanchion check`. Python 3.9, standard library only.

    python3 record_queue.py ours.jsonl            # then: stanchion check ours.jsonl
    python3 record_queue.py ours.jsonl --broken   # admits from the wrong end, and the judge says so

Take `Recorder` as it is, put your own queue where `Queue` stands, and your own load where `client` and `main` do.
docs/history.md explains every field.
"""
import argparse
import itertools
import json
import threading
import time


class Recorder:
    """Writes one line for each attempt. One file for all threads of one process: they share a clock."""

    def __init__(self, path, **header):
        self.lock, self.numbers = threading.Lock(), itertools.count()
        self.file = open(path, "w", encoding="utf-8")
        self.write({"stanchion": 1, **header})

    def write(self, line):
        with self.lock:
            print(json.dumps(line), file=self.file, flush=True)

    def operation(self):
        """A name for an operation that may need several attempts."""
        return next(self.numbers)

    def call(self, client, op, do, **fields):
        """Calls `do()`, which answers with the fields of its outcome. Returns them, or None if no answer came."""
        fields.setdefault("op_id", self.operation())
        line = {"op": op, "client": client, **fields, "sent_ns": time.monotonic_ns()}
        try:
            answer = do()
            line["returned_ns"] = time.monotonic_ns()
        except OSError as error:  # time-outs and lost connections
            # It may have happened: never leave it out, and never call it refused.
            answer = None
            reason = "timed-out" if isinstance(error, TimeoutError) else "connection-lost"
            line |= {"outcome": "unknown", "reason": reason}
        else:
            line |= answer
        self.write(line)
        return answer

    def close(self):
        self.file.close()


class Queue:
    """The queue under test: a list behind a lock. Yours is somewhere behind a network."""

    def __init__(self, broken=False):
        self.lock, self.waiting, self.tokens = threading.Lock(), [], {}
        self.broken = broken

    def join(self, user, token, lose_answer=False):
        with self.lock:
            known = self.tokens.get(user)
            if known is None:
                self.tokens[user] = token
                self.waiting.append(token)
        if lose_answer:  # what a network does now and then: it happened, and nobody hears of it
            raise TimeoutError
        return {"outcome": "joined"} if known is None else {"outcome": "duplicate", "duplicate_of": known}

    def admit(self, count):
        with self.lock:
            end = -1 if self.broken else 0
            admitted = [self.waiting.pop(end) for _ in range(min(count, len(self.waiting)))]
        return {"outcome": "admitted", "tokens": admitted}

    def leave(self, token):
        with self.lock:
            waits = token in self.waiting
            if waits:
                self.waiting.remove(token)
        return {"outcome": "left" if waits else "not-waiting"}


def client(number, recorder, queue):
    """Lets 25 people join, one after the other. Some answers get lost, and some people give up."""
    for turn in range(25):
        user, token = f"u{number}-{turn}", f"t{number}-{turn}"
        lost = turn % 5 == 1
        operation = recorder.operation()
        names = {"op_id": operation, "user": user, "token": token}
        recorder.call(number, "join", lambda: queue.join(user, token, lose_answer=lost), **names)
        if lost and turn != 21:  # who got no answer tries again: the same operation, the next attempt
            recorder.call(number, "join", lambda: queue.join(user, token), attempt=1, **names)
        if turn % 7 == 3:
            recorder.call(number, "leave", lambda: queue.leave(token), token=token)


def main():
    arguments = argparse.ArgumentParser(description="Records a history of a waiting queue.")
    arguments.add_argument("file", help="where to write it, such as ours.jsonl")
    arguments.add_argument("--broken", action="store_true", help="admit from the wrong end")
    arguments = arguments.parse_args()

    queue = Queue(arguments.broken)
    promises = ["no-duplicates", "global-fifo", "no-loss", "no-phantoms"]
    recorder = Recorder(arguments.file, queue="ours", drained=True, terms={"promises": promises})
    batches = itertools.count()

    def admit(count, phase):
        names = {"count": count, "batch": f"b{next(batches)}", "phase": phase}
        return recorder.call(99, "admit", lambda: queue.admit(count), **names)["tokens"]

    clients = [threading.Thread(target=client, args=(number, recorder, queue)) for number in range(4)]
    for one in clients:
        one.start()
    for _ in range(5):  # somebody is let in while others join
        admit(3, "load")
    for one in clients:
        one.join()
    while len(admit(10, "drain")) == 10:  # until fewer come than were asked for: nobody waits any more
        pass
    recorder.close()


if __name__ == "__main__":
    main()
