/* Preloaded into a program: counts its flushes of the disk and lets each take longer.
 *
 * FLUSH_LOG names a file that grows by one byte a flush; FLUSH_DELAY_US is how much longer each takes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*flush_call)(int);

static void observe(void)
{
    static int log = -1;
    const char *path = getenv("FLUSH_LOG");
    const char *delay = getenv("FLUSH_DELAY_US");

    if (log < 0 && path != NULL)
        log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0 && write(log, ".", 1) != 1)
        abort();
    if (delay != NULL && atoi(delay) > 0)
        usleep((useconds_t)atoi(delay));
}

int fsync(int descriptor)
{
    observe();
    return ((flush_call)dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int fdatasync(int descriptor)
{
    observe();
    return ((flush_call)dlsym(RTLD_NEXT, "fdatasync"))(descriptor);
}
