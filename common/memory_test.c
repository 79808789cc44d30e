#include "common/memory.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/testing.h"

/* Runs `act` in a child whose standard error is a pipe; gives exit status and first line. */
static int status_of(void (*act)(void), char line[128])
{
    int fds[2], status;
    ck_assert_int_eq(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        act();
        _exit(0);
    }
    close(fds[1]);
    ssize_t n = read(fds[0], line, 127);
    line[n > 0 ? n : 0] = '\0';
    close(fds[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void ask_for_an_overflowing_array(void)
{
    mem_alloc_array(SIZE_MAX / 2, 3);
}

static void resize_past_everything(void)
{
    mem_resize(NULL, SIZE_MAX, 2);
}

START_TEST(ends_the_process_when_a_product_overflows)
{
    char line[128];
    ck_assert_int_eq(status_of(ask_for_an_overflowing_array, line), 70);
    ck_assert_msg(strncmp(line, "out of memory", 13) == 0, "%s", line);
    ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    ck_assert_int_eq(status_of(resize_past_everything, line), 70);
}
END_TEST

START_TEST(hands_out_zeroed_memory_even_of_no_size)
{
    unsigned char *p = mem_alloc_array(64, 4);
    for (size_t i = 0; i < 256; i++)
        ck_assert_uint_eq(p[i], 0);
    p = mem_resize(p, 512, 1);
    mem_free(p);
    void *empty = mem_alloc(0);
    ck_assert_ptr_nonnull(empty);
    mem_free(empty);
    mem_free(NULL);
}
END_TEST

START_TEST(wipes_only_what_it_is_told_to)
{
    char *secret = mem_strdup("hunter2!");
    mem_wipe(secret, 0);
    ck_assert_str_eq(secret, "hunter2!");
    mem_wipe(secret, 7);
    ck_assert_mem_eq(secret, "\0\0\0\0\0\0\0!", 9);
    mem_free(secret);
}
END_TEST

TESTS("common/memory", ends_the_process_when_a_product_overflows,
      hands_out_zeroed_memory_even_of_no_size, wipes_only_what_it_is_told_to)
