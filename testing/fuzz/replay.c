/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz target without a fuzzer: every seed as it is, cut at every length, and with each byte
 * changed in turn. SEEDS is the folder below testing/fuzz/seeds; arguments name other files.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void replay(const char *path)
{
	static const uint8_t flips[] = { 0xff, 0x01, 0x80, 0x10 };
	static uint8_t data[16384];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	for (size_t cut = 0; cut <= n; cut++)
		LLVMFuzzerTestOneInput(data, cut);
	for (size_t i = 0; i < n; i++) {
		uint8_t was = data[i];

		for (size_t k = 0; k < sizeof(flips); k++) {
			data[i] = was ^ flips[k];
			LLVMFuzzerTestOneInput(data, n);
		}
		data[i] = was;
	}
}

static int replay_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[1024];
	int count = 0;

	if (dir == NULL) {
		perror(folder);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		replay(path);
		count++;
	}
	closedir(dir);
	printf("%d seeds replayed\n", count);
	return count == 0;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char folder[512];

	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc > 1)
		return 0;
	snprintf(folder, sizeof(folder), "%s/testing/fuzz/seeds/%s", srcdir != NULL ? srcdir : ".",
		 SEEDS);
	return replay_folder(folder);
}
