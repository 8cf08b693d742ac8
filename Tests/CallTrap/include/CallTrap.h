#ifndef CALL_TRAP_H
#define CALL_TRAP_H

/*
 A library for tests only, which a program gets by LD_PRELOAD: it counts the calls by which the program changes the
 world outside, and at the n-th of them kills the program, stops it, or lets the call fail.

 So real programs are killed at exact places, without a hook in their sources. It exports nothing that is meant to be
 called; tests must not link it, or it would watch the test process. Environment variables say what it does; its
 constructor takes them, and LD_PRELOAD, out of the environment, so that programs which the watched one starts
 (PostgreSQL, pg_dump) go free. A process that is forked off counts nothing either. The constructor closes all inherited
 descriptors but the first three, too: a test process has many that are none of the program's.

 CALLTRAP_DO      what is done at the chosen call:
                    count  nothing (the default)
                    kill   SIGKILL
                    tear   half of a write, then SIGKILL; a call that writes nothing is not made
                    stop   SIGSTOP; SIGCONT lets it go on
                    fail   the call is not made, and fails with CALLTRAP_ERRNO
                    short  half of a write, which is what it returns; other calls are made as they are
 CALLTRAP_AT      which call, the first being 1, among those that the filters let through; 1 by default
 CALLTRAP_LAST    stop, fail and short are done from CALLTRAP_AT up to this one; CALLTRAP_AT by default, 0 is for ever
 CALLTRAP_WHEN    before (the default) or after the call; for kill and stop
 CALLTRAP_ERRNO   the number for fail; 5 (EIO) by default
 CALLTRAP_KINDS   a filter: names of kinds, separated by commas; all by default
 CALLTRAP_PAYLOAD a filter: only calls that send or write bytes with this text in them
 CALLTRAP_REPORT  a file. What is done is added as a line "did KIND NUMBER" before it is done; when the program exits,
                  a line "KIND COUNT" for each kind that came, filters or not, and "total COUNT" of what the filters
                  let through.

 Kinds, and the calls that are counted as such (with their *at and *64 forms):

 open      open and creat, where they may make or empty a file
 write     write, writev, pwrite, pwritev to a regular file; copy_file_range, sendfile, fallocate too
 sync      fsync, fdatasync, sync_file_range, msync, of files and directories
 truncate  ftruncate, truncate
 rename    rename
 link      link, symlink
 unlink    unlink, rmdir
 mkdir     mkdir
 lmdb      open, write, sync and truncate of a file whose name ends in .mdb
 begin     send of bytes with BEGIN in them: libpq starts a transaction
 commit    send of bytes with COMMIT in them
 sql       every other send: libpq alone uses that call
 socket    write, writev, sendto, sendmsg to a socket: HTTP of servers and clients

 Writes to pipes, terminals and the wake-up descriptors of event loops, and all to standard output and error, are not
 counted. At most one process is watched; its threads are counted together, so that with several of them a number may
 be another call in another run. Linux only; elsewhere the library does nothing.
 */

#endif
