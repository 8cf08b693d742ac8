#include "CallTrap.h"

#if defined(__linux__)

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Every call below is made with syscall(): the library never calls what it stands in for, and needs no dlsym.

enum kind {
    OPEN, WRITE, SYNC, TRUNCATE, RENAME, LINK, UNLINK, MKDIR, LMDB, BEGIN, COMMIT, SQL, SOCKET, KINDS, UNCOUNTED
};

static const char *const kindNames[KINDS] = {
    "open", "write", "sync", "truncate", "rename", "link", "unlink", "mkdir", "lmdb", "begin", "commit", "sql",
    "socket",
};

enum deed { COUNT, KILL, TEAR, STOP, FAIL, SHORT };
static const char *const deedNames[] = {"count", "kill", "tear", "stop", "fail", "short"};

/// What arrive() tells the call that came.
enum order { GO, GO_THEN_ACT, GO_HALF, GO_HALF_THEN_ACT, REFUSE };

// Written by the constructor, before the program has a second thread; only read afterwards.
static enum deed deed = COUNT;
static long firstNumber = 1, lastNumber = 1;
static bool isAfter = false;
static int failure = EIO;
static bool isWanted[KINDS];
static char payload[256];
static char reportPath[1024];
static pid_t watched = 0;

static atomic_long total;
static atomic_long counts[KINDS];

// MARK: Report

/// Adds a line to the report with calls of its own, which are not counted.
static void report(const char *word, long number, const char *prefix) {
    if (reportPath[0] == 0) return;
    char line[128];
    int length = snprintf(line, sizeof line, "%s%s %ld\n", prefix, word, number);
    int file = (int)syscall(SYS_openat, AT_FDCWD, reportPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) return;
    if (length > 0) syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

/// Takes a variable out of the environment; what it held, cut to the space there is.
static bool take(const char *name, char *text, size_t space) {
    const char *value = getenv(name);
    if (value == NULL) return false;
    snprintf(text, space, "%s", value);
    unsetenv(name);
    return true;
}

static long takeNumber(const char *name, long standard) {
    char text[32];
    return take(name, text, sizeof text) ? strtol(text, NULL, 10) : standard;
}

__attribute__((constructor)) static void begin(void) {
    char text[512];
    if (take("CALLTRAP_DO", text, sizeof text)) {
        bool isKnown = false;
        for (size_t index = 0; index < sizeof deedNames / sizeof deedNames[0]; index++) {
            if (strcmp(text, deedNames[index]) == 0) { deed = (enum deed)index; isKnown = true; }
        }
        // A misspelled test must not pass as one in which nothing was killed.
        if (!isKnown) abort();
    }
    firstNumber = takeNumber("CALLTRAP_AT", 1);
    lastNumber = takeNumber("CALLTRAP_LAST", firstNumber);
    failure = (int)takeNumber("CALLTRAP_ERRNO", EIO);
    if (take("CALLTRAP_WHEN", text, sizeof text)) isAfter = strcmp(text, "after") == 0;
    take("CALLTRAP_PAYLOAD", payload, sizeof payload);
    take("CALLTRAP_REPORT", reportPath, sizeof reportPath);
    bool isFiltered = take("CALLTRAP_KINDS", text, sizeof text);
    for (int kind = 0; kind < KINDS; kind++) isWanted[kind] = !isFiltered;
    char *rest = text;
    for (char *word; isFiltered && (word = strsep(&rest, ",")) != NULL;) {
        bool isKnown = false;
        for (int kind = 0; kind < KINDS; kind++) {
            if (strcmp(word, kindNames[kind]) == 0) isWanted[kind] = isKnown = true;
        }
        if (!isKnown) abort();
    }
    unsetenv("LD_PRELOAD");
    // What tests beside have open, such as another's pipe, this program must not keep open.
    syscall(SYS_close_range, 3U, ~0U, 0U);
    watched = getpid();
}

__attribute__((destructor)) static void end(void) {
    if (getpid() != watched) return;
    for (int kind = 0; kind < KINDS; kind++) {
        long count = atomic_load(&counts[kind]);
        if (count > 0) report(kindNames[kind], count, "");
    }
    report("total", atomic_load(&total), "");
    watched = 0;
}

// MARK: Kinds

static bool isOutput(int file) { return file == STDOUT_FILENO || file == STDERR_FILENO; }

static bool endsInMDB(const char *path, size_t length) {
    return length >= 4 && memcmp(path + length - 4, ".mdb", 4) == 0;
}

/// The kind of a call on a regular file of LMDB's or another; `other` for the latter.
static enum kind fileKind(int file, enum kind other) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path);
    return length > 0 && endsInMDB(path, (size_t)length) ? LMDB : other;
}

static enum kind pathKind(const char *path, enum kind other) {
    return path != NULL && endsInMDB(path, strlen(path)) ? LMDB : other;
}

/// The kind of a write to a descriptor.
static enum kind writeKind(int file) {
    if (isOutput(file)) return UNCOUNTED;
    struct stat status;
    if (fstat(file, &status) != 0) return UNCOUNTED;
    if (S_ISREG(status.st_mode)) return fileKind(file, WRITE);
    return S_ISSOCK(status.st_mode) ? SOCKET : UNCOUNTED;
}

static bool holds(const void *bytes, size_t length, const char *text) {
    return bytes != NULL && memmem(bytes, length, text, strlen(text)) != NULL;
}

static enum kind sendKind(const void *bytes, size_t length) {
    if (holds(bytes, length, "COMMIT")) return COMMIT;
    return holds(bytes, length, "BEGIN") ? BEGIN : SQL;
}

// MARK: Deeds

/// Sends a signal to this very thread, so that it does not take one step more.
static void hit(int signal) {
    int saved = errno;
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), signal);
    errno = saved;
}

static void act(void) { hit(deed == STOP ? SIGSTOP : SIGKILL); }

/// Counts a call and says what is to become of it; does not return where the program is to die before it.
static enum order arrive(enum kind kind, const void *bytes, size_t length) {
    if (kind >= KINDS || watched == 0 || getpid() != watched) return GO;
    atomic_fetch_add(&counts[kind], 1);
    if (!isWanted[kind] || (payload[0] != 0 && !holds(bytes, length, payload))) return GO;
    long number = atomic_fetch_add(&total, 1) + 1;
    if (deed == COUNT || number < firstNumber) return GO;
    bool isOnce = deed == KILL || deed == TEAR;
    if (number > firstNumber && (isOnce || (lastNumber != 0 && number > lastNumber))) return GO;
    char prefix[32];
    snprintf(prefix, sizeof prefix, "did ");
    report(kindNames[kind], number, prefix);
    bool isWriting = bytes != NULL && length > 0;
    switch (deed) {
    case FAIL: return REFUSE;
    case SHORT: return isWriting && length > 1 ? GO_HALF : GO;
    case TEAR:
        if (isWriting) return GO_HALF_THEN_ACT;
        act();
        return GO;
    default:
        if (isAfter) return GO_THEN_ACT;
        act();
        return GO;
    }
}

static long depart(enum order order, long result) {
    if (order == GO_THEN_ACT || order == GO_HALF_THEN_ACT) act();
    return result;
}

static long refused(void) {
    errno = failure;
    return -1;
}

/// Makes a call that writes nothing of its own.
#define CALL(type, kind, ...)                                          \
    do {                                                               \
        enum order order = arrive((kind), NULL, 0);                    \
        if (order == REFUSE) return (type)refused();                   \
        return (type)depart(order, syscall(__VA_ARGS__));              \
    } while (0)

/// Makes a call that writes `length` bytes; `size` is the name under which the call's text has their number.
#define CALL_WITH_BYTES(kind, bytes, length, size, ...)                \
    do {                                                               \
        enum order order = arrive((kind), (bytes), (length));          \
        if (order == REFUSE) return refused();                         \
        size_t size = (length);                                        \
        if (order == GO_HALF || order == GO_HALF_THEN_ACT) size /= 2;  \
        return depart(order, syscall(__VA_ARGS__));                    \
    } while (0)

// MARK: Files

static int openTrapped(int directory, const char *path, int flags, mode_t mode) {
    // A temporary file without a name is made by O_TMPFILE, whose bits hold those of O_DIRECTORY.
    bool isMaking = (flags & (O_CREAT | O_TRUNC)) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    CALL(int, isMaking ? pathKind(path, OPEN) : UNCOUNTED, SYS_openat, directory, path, flags, mode);
}

#define MODE(flags, mode)                                              \
    mode_t mode = 0;                                                   \
    if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list list;                                                  \
        va_start(list, flags);                                         \
        mode = (mode_t)va_arg(list, unsigned);                         \
        va_end(list);                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return openTrapped(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return openTrapped(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    MODE(flags, mode)
    return openTrapped(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    MODE(flags, mode)
    return openTrapped(directory, path, flags, mode);
}

int __open_2(const char *path, int flags) { return openTrapped(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return openTrapped(AT_FDCWD, path, flags, 0); }

int creat(const char *path, mode_t mode) {
    return openTrapped(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode) { return creat(path, mode); }

ssize_t write(int file, const void *bytes, size_t length) {
    CALL_WITH_BYTES(writeKind(file), bytes, length, size, SYS_write, file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    CALL_WITH_BYTES(writeKind(file), bytes, length, size, SYS_pwrite64, file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) { return pwrite(file, bytes, length, at); }

/// Parts of a write in one array, of which a torn or short one writes half of the first.
static ssize_t writeParts(int file, const struct iovec *parts, int count, off_t at, bool hasPlace) {
    const void *bytes = count > 0 ? parts[0].iov_base : NULL;
    size_t length = count > 0 ? parts[0].iov_len : 0;
    enum order order = arrive(writeKind(file), bytes, length);
    if (order == REFUSE) return refused();
    struct iovec half = {.iov_base = count > 0 ? parts[0].iov_base : NULL, .iov_len = length / 2};
    if (order == GO_HALF || order == GO_HALF_THEN_ACT) { parts = &half; count = 1; }
    // The kernel takes the place as two halves, of which the second is 0 where the first has 64 bits.
    long result = hasPlace ? syscall(SYS_pwritev, file, parts, count, at, 0L) : syscall(SYS_writev, file, parts, count);
    return depart(order, result);
}

ssize_t writev(int file, const struct iovec *parts, int count) { return writeParts(file, parts, count, 0, false); }

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    return writeParts(file, parts, count, at, true);
}

ssize_t pwritev64(int file, const struct iovec *parts, int count, off64_t at) {
    return writeParts(file, parts, count, at, true);
}

ssize_t copy_file_range(int in, off64_t *inAt, int out, off64_t *outAt, size_t length, unsigned flags) {
    CALL(ssize_t, fileKind(out, WRITE), SYS_copy_file_range, in, inAt, out, outAt, length, flags);
}

ssize_t sendfile(int out, int in, off_t *at, size_t length) {
    CALL(ssize_t, writeKind(out), SYS_sendfile, out, in, at, length);
}

ssize_t sendfile64(int out, int in, off64_t *at, size_t length) { return sendfile(out, in, at, length); }

int fallocate(int file, int mode, off_t at, off_t length) {
    CALL(int, fileKind(file, WRITE), SYS_fallocate, file, mode, at, length);
}

int fallocate64(int file, int mode, off64_t at, off64_t length) { return fallocate(file, mode, at, length); }

int fsync(int file) { CALL(int, fileKind(file, SYNC), SYS_fsync, file); }
int fdatasync(int file) { CALL(int, fileKind(file, SYNC), SYS_fdatasync, file); }

int sync_file_range(int file, off64_t at, off64_t length, unsigned flags) {
    CALL(int, fileKind(file, SYNC), SYS_sync_file_range, file, at, length, flags);
}

int msync(void *address, size_t length, int flags) { CALL(int, SYNC, SYS_msync, address, length, flags); }

int ftruncate(int file, off_t length) { CALL(int, fileKind(file, TRUNCATE), SYS_ftruncate, file, length); }
int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }
int truncate(const char *path, off_t length) { CALL(int, pathKind(path, TRUNCATE), SYS_truncate, path, length); }
int truncate64(const char *path, off64_t length) { return truncate(path, length); }

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    CALL(int, RENAME, SYS_renameat2, from, old, to, new, flags);
}

int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    CALL(int, LINK, SYS_linkat, from, old, to, new, flags);
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int symlinkat(const char *text, int directory, const char *path) {
    CALL(int, LINK, SYS_symlinkat, text, directory, path);
}

int symlink(const char *text, const char *path) { return symlinkat(text, AT_FDCWD, path); }

int unlinkat(int directory, const char *path, int flags) { CALL(int, UNLINK, SYS_unlinkat, directory, path, flags); }
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int directory, const char *path, mode_t mode) { CALL(int, MKDIR, SYS_mkdirat, directory, path, mode); }
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

// MARK: Sockets

ssize_t send(int socket, const void *bytes, size_t length, int flags) {
    CALL_WITH_BYTES(sendKind(bytes, length), bytes, length, size, SYS_sendto, socket, bytes, size, flags, NULL, 0);
}

ssize_t sendto(
    int socket, const void *bytes, size_t length, int flags, const struct sockaddr *address, socklen_t addressLength
) {
    CALL_WITH_BYTES(
        SOCKET, bytes, length, size, SYS_sendto, socket, bytes, size, flags, address, addressLength
    );
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    CALL(ssize_t, SOCKET, SYS_sendmsg, socket, message, flags);
}

#endif
