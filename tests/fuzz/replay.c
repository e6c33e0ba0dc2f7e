/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c
 *
 * The main function of a fuzz target in a build without libFuzzer: gives it
 * every file of its corpus once, in the order of their names.
 *
 * usage: fuzz-NAME [FILE|DIRECTORY]...
 *
 * Without an argument it is tests/fuzz/corpus/NAME below $srcdir, as 'make
 * check' has it.  Where nothing is found that is a failure. */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"
#include "util.h"

/* The input is in memory of exactly its size. */
static void
replay_file(const char *name)
{
    FILE *stream = fopen(name, "rb");
    uint8_t *data = NULL;
    struct stat s;

    if (!stream || fstat(fileno(stream), &s)) {
        ovs_fatal(errno, "%s", name);
    }
    data = xmalloc(s.st_size);
    if (fread(data, 1, s.st_size, stream) != (size_t) s.st_size) {
        ovs_fatal(0, "%s: short read", name);
    }
    fclose(stream);
    LLVMFuzzerTestOneInput(data, s.st_size);
    free(data);
}

static int
not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Returns the number of files. */
static int
replay_dir(const char *name)
{
    struct dirent **entries;
    int n = scandir(name, &entries, not_hidden, alphasort);

    if (n < 0) {
        ovs_fatal(errno, "%s", name);
    }
    for (int i = 0; i < n; i++) {
        char *file = xasprintf("%s/%s", name, entries[i]->d_name);

        /* What ends the program is the last that it said. */
        printf("%s\n", entries[i]->d_name);
        fflush(stdout);
        replay_file(file);
        free(file);
        free(entries[i]);
    }
    free(entries);
    return n;
}

static int
replay(const char *name)
{
    struct stat s;

    if (stat(name, &s)) {
        ovs_fatal(errno, "%s", name);
    } else if (S_ISDIR(s.st_mode)) {
        return replay_dir(name);
    }
    replay_file(name);
    return 1;
}

/* The corpus of the target that is called 'program'. */
static char *
find_corpus(const char *program)
{
    const char *slash = strrchr(program, '/');
    const char *name = slash ? slash + 1 : program;
    const char *srcdir = getenv("srcdir");

    if (strncmp(name, "fuzz-", 5)) {
        ovs_fatal(0, "%s: not the name of a fuzz target", name);
    }
    return xasprintf("%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
                     name + 5);
}

int
main(int argc, char *argv[])
{
    int n = 0;

    if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            n += replay(argv[i]);
        }
    } else {
        char *corpus = find_corpus(argv[0]);

        n = replay(corpus);
        free(corpus);
    }
    printf("%d inputs\n", n);
    return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
