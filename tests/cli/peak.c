// SPDX-License-Identifier: GPL-2.0-only
/*
 * peak FILE COMMAND... - run the command and write "CPU_MS PEAK_KIB" to FILE.
 * Ends with the command's exit status, 128 + signal if that killed it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage u;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid)
		return 2;
	f = fopen(argv[1], "w");
	if (!f)
		return 2;
	fprintf(f, "%ld %ld\n",
		(long)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
			(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000,
		u.ru_maxrss);
	fclose(f);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
