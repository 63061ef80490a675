/* Preloaded into the server by faults.rs: makes the disk fail, under the log or under the files of
 * documents, and the wall clock jump,
 * as a block of memory that is shared with the test says. Everything else passes through. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The same as `Faults` in faults.rs. Errors are errno values; 0 is none. */
struct control {
	int32_t write_error;
	int32_t sync_error;
	int32_t read_error;
	int32_t document_error;
	int64_t clock_ahead; /* seconds */
};

static const struct control calm;
static const volatile struct control *control = &calm;

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("FAULTS_OF_THE_TEST");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *shared = mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, fd, 0);
	if (shared != MAP_FAILED)
		control = shared;
	close(fd);
}

/* The error of the log, its write-ahead log and its index, or that of the files of documents; nothing
 * else of the process fails. */
static int fails(int32_t log_error, int32_t document_error, int fd)
{
	if (log_error == 0 && document_error == 0)
		return 0;
	char link[64], path[4096];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < 0)
		return 0;
	path[length] = 0;
	int32_t error = 0;
	if (strstr(path, "/log.sqlite"))
		error = log_error;
	else if (strstr(path, "/documents"))
		error = document_error;
	if (error == 0)
		return 0;
	errno = error;
	return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define FAULTY(kind, result, name, declared, passed)                                               \
	result name declared                                                                       \
	{                                                                                          \
		static __typeof__(&name) real;                                                     \
		if (!real)                                                                         \
			real = REAL(name);                                                         \
		if (fails(control->kind, control->document_error, fd))                             \
			return -1;                                                                 \
		return real passed;                                                                \
	}

FAULTY(write_error, ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n))
FAULTY(write_error, ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
FAULTY(write_error, ssize_t, pwrite64, (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))
FAULTY(write_error, int, ftruncate, (int fd, off_t length), (fd, length))
FAULTY(write_error, int, ftruncate64, (int fd, off64_t length), (fd, length))
FAULTY(sync_error, int, fsync, (int fd), (fd))
FAULTY(sync_error, int, fdatasync, (int fd), (fd))
FAULTY(read_error, ssize_t, read, (int fd, void *to, size_t n), (fd, to, n))
FAULTY(read_error, ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
FAULTY(read_error, ssize_t, pread64, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static __typeof__(&clock_gettime) real;
	if (!real)
		real = REAL(clock_gettime);
	int result = real(clock, now);
	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += control->clock_ahead;
	return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	static __typeof__(&gettimeofday) real;
	if (!real)
		real = REAL(gettimeofday);
	int result = real(now, zone);
	if (result == 0)
		now->tv_sec += control->clock_ahead;
	return result;
}

time_t time(time_t *to)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_REALTIME, &now);
	if (to)
		*to = now.tv_sec;
	return now.tv_sec;
}
