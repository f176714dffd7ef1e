/* A disk that fails on command, preloaded under a real process.
 *
 * While a file $BAD_DISK/<call> exists, that call fails with the error number written in it, on
 * files whose path begins with $BAD_DISK_FOR. Calls: fsync (also fdatasync) and write (also pwrite
 * and posix_fallocate). A number that is followed by "once" fails a single time.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 0, or the error that a call on this descriptor shall fail with. */
static int fault(const char *call, int fd)
{
    const char *folder = getenv("BAD_DISK"), *victim = getenv("BAD_DISK_FOR");
    char path[PATH_MAX], link[64], target[PATH_MAX], said[32] = "";
    int before = errno, error = 0, control;
    ssize_t length;

    if (!folder || !victim)
        return 0;
    snprintf(path, sizeof path, "%s/%s", folder, call);
    control = open(path, O_RDONLY | O_CLOEXEC);
    if (control >= 0) {
        length = read(control, said, sizeof said - 1);
        close(control);
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t count = readlink(link, target, sizeof target - 1);
        if (length > 0 && count > 0 && !strncmp(target, victim, strlen(victim))) {
            error = atoi(said);
            if (strstr(said, "once") && unlink(path))
                error = 0; /* another thread met it first */
        }
    }
    errno = before;
    return error;
}

#define REAL(name) (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL_OR(call, fd, otherwise)                                                               \
    do {                                                                                           \
        int error = fault(call, fd);                                                               \
        if (error) {                                                                               \
            errno = error;                                                                         \
            return -1;                                                                             \
        }                                                                                          \
        return otherwise;                                                                          \
    } while (0)

int fsync(int fd) { FAIL_OR("fsync", fd, (REAL(fsync))(fd)); }
int fdatasync(int fd) { FAIL_OR("fsync", fd, (REAL(fdatasync))(fd)); }

ssize_t write(int fd, const void *bytes, size_t count)
{
    FAIL_OR("write", fd, (REAL(write))(fd, bytes, count));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    FAIL_OR("write", fd, (REAL(pwrite))(fd, bytes, count, at));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    FAIL_OR("write", fd, (REAL(pwrite64))(fd, bytes, count, at));
}

int posix_fallocate(int fd, off_t at, off_t count)
{
    int error = fault("write", fd);
    return error ? error : (REAL(posix_fallocate))(fd, at, count);
}

int posix_fallocate64(int fd, off64_t at, off64_t count)
{
    int error = fault("write", fd);
    return error ? error : (REAL(posix_fallocate64))(fd, at, count);
}
