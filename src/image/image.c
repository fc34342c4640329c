/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "image/reader.h"

/* Larger than any flash behind a Cortex-M; guards against reading a disk by mistake. */
#define MAX_FILE_BYTES (512u << 20)

static const char *const type_names[] = {
	[IMAGE_AUTO] = "auto", [IMAGE_BIN] = "bin", [IMAGE_IHEX] = "ihex",
	[IMAGE_ELF] = "elf", [IMAGE_S19] = "s19", [IMAGE_MEM] = "mem",
};

const char *image_type_name(enum image_type type)
{
	return type_names[type];
}

bool image_type_parse(const char *word, enum image_type *type)
{
	for (size_t i = IMAGE_BIN; i < ARRAY_SIZE(type_names); i++) {
		if (strcmp(word, type_names[i]) == 0) {
			*type = (enum image_type)i;
			return true;
		}
	}
	return false;
}

/* The reader's helpers. */

/* False at the end of the text. `*at` starts at 0. */
static bool next_line(const uint8_t *data, size_t n, size_t *at, struct text_line *line)
{
	const uint8_t *end;
	size_t len;

	if (*at >= n)
		return false;
	line->text = (const char *)data + *at;
	end = memchr(data + *at, '\n', n - *at);
	len = end != NULL ? (size_t)(end - (data + *at)) : n - *at;
	*at += len + 1;
	while (len > 0 && isspace((unsigned char)line->text[len - 1]))
		len--;
	line->len = len;
	line->number++;
	return true;
}

enum err reader_each_record(const uint8_t *data, size_t n, const bool *ended, const char *end_record,
			    enum err (*take)(void *ctx, const struct text_line *line), void *ctx)
{
	struct text_line line = { 0 };
	size_t at = 0;

	while (next_line(data, n, &at, &line)) {
		if (line.len == 0 || line.text[0] == '#')
			continue;
		if (*ended)
			return error_why(ERR_IMAGE_FORMAT, "line %u: text after the end record",
					 line.number);
		TRY(take(ctx, &line));
	}
	if (!*ended)
		return error_why(ERR_IMAGE_FORMAT, "line %u: no end record (%s): the file is cut",
				 line.number, end_record);
	return OK;
}

enum err reader_add(struct reader *r, unsigned place, uint32_t addr, const uint8_t *data, size_t n)
{
	addr += r->base;
	if (n == 0)
		return OK;
	if (n - 1 > 0xffffffffu - addr)
		return error_why(ERR_IMAGE_FORMAT,
				 "%s %u: %zu bytes at 0x%08x pass the end of the address space",
				 r->place_word, place, n, addr);
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 64;
		r->pieces = xrealloc(r->pieces, r->cap * sizeof(*r->pieces));
	}
	r->pieces[r->count++] = (struct image_piece){ addr, place, r->bytes.len, n };
	buf_append(&r->bytes, data, n);
	return OK;
}

/* From pieces to sections. */

static int by_address(const void *va, const void *vb)
{
	const struct image_piece *a = va, *b = vb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static struct image_section *new_section(struct image *image, uint32_t addr)
{
	image->sections = xrealloc(image->sections, (image->count + 1) * sizeof(*image->sections));
	image->sections[image->count] = (struct image_section){ .addr = addr };
	return &image->sections[image->count++];
}

/* Appends by doubling: the room of a section is the next power of two of its size. */
static void section_append(struct image_section *s, const uint8_t *data, size_t n)
{
	size_t room = 64, want = 64;

	while (room < s->bytes)
		room *= 2;
	while (want < s->bytes + n)
		want *= 2;
	if (s->data == NULL || want > room)
		s->data = xrealloc(s->data, want);
	memcpy(s->data + s->bytes, data, n);
	s->bytes += n;
}

static enum err overlap(const struct reader *r, const struct image_piece *p, uint32_t addr)
{
	return error_why(ERR_IMAGE_FORMAT,
			 "%s %u: the byte at 0x%08x was given before with another value",
			 r->place_word, p->place, addr);
}

/* The same bytes twice are harmless; different ones leave open which was meant. */
static enum err add_piece(struct image *image, const struct reader *r, const struct image_piece *p)
{
	struct image_section *last = image->count ? &image->sections[image->count - 1] : NULL;
	const uint8_t *data = r->bytes.data + p->offset;
	size_t n = p->bytes, shared;

	if (last == NULL || p->addr - last->addr > last->bytes)
		last = new_section(image, p->addr);
	shared = MIN(n, last->bytes - (p->addr - last->addr));
	for (size_t i = 0; i < shared; i++)
		if (last->data[p->addr - last->addr + i] != data[i])
			return overlap(r, p, (uint32_t)(p->addr + i));
	section_append(last, data + shared, n - shared);
	return OK;
}

static enum err build(struct image *image, struct reader *r)
{
	if (r->count == 0)
		return error_why(ERR_IMAGE_EMPTY, "the %s file holds no data",
				 type_names[image->type]);
	qsort(r->pieces, r->count, sizeof(*r->pieces), by_address);
	for (size_t i = 0; i < r->count; i++)
		TRY(add_piece(image, r, &r->pieces[i]));
	image->has_entry = r->has_entry;
	image->entry = r->entry;
	return OK;
}

/* Which format? The contents decide; the name only when the contents say nothing. */

static bool looks_like_text(const uint8_t *data, size_t n, const char *digits_after, size_t digits)
{
	size_t skip = strlen(digits_after);
	size_t at = 0;

	while (at < n && isspace(data[at]))
		at++;
	if (n - at < skip + digits || memcmp(data + at, digits_after, skip) != 0)
		return false;
	for (size_t i = 0; i < digits; i++)
		if (hex_digit((char)data[at + skip + i]) < 0)
			return false;
	return true;
}

static bool name_ends(const char *name, const char *const *ends)
{
	size_t n = name != NULL ? strlen(name) : 0;

	for (; *ends != NULL; ends++)
		if (n > strlen(*ends) && strcasecmp(name + n - strlen(*ends), *ends) == 0)
			return true;
	return false;
}

static enum image_type detect(const uint8_t *data, size_t n, const char *name)
{
	static const char *const hex_ends[] = { ".hex", ".ihex", ".ihx", NULL };
	static const char *const srec_ends[] = { ".s19", ".s28", ".s37", ".srec", ".mot", NULL };
	static const char *const elf_ends[] = { ".elf", ".axf", NULL };

	if (n >= 4 && memcmp(data, "\177ELF", 4) == 0)
		return IMAGE_ELF;
	if (looks_like_text(data, n, ":", 10))
		return IMAGE_IHEX;
	if (looks_like_text(data, n, "S", 5))
		return IMAGE_S19;
	/* So that a damaged file is refused, not programmed as it stands. */
	if (name_ends(name, hex_ends))
		return IMAGE_IHEX;
	if (name_ends(name, srec_ends))
		return IMAGE_S19;
	if (name_ends(name, elf_ends))
		return IMAGE_ELF;
	return IMAGE_BIN;
}

static enum err read_type(struct reader *r, enum image_type type, const uint8_t *data, size_t n)
{
	switch (type) {
	case IMAGE_IHEX:
		return ihex_read(r, data, n);
	case IMAGE_S19:
		return srec_read(r, data, n);
	case IMAGE_ELF:
		return elf_read(r, data, n);
	default:
		r->place_word = "byte";
		return reader_add(r, 0, 0, data, n);
	}
}

static enum err parse_named(const uint8_t *data, size_t n, enum image_type type, uint32_t base,
			    const char *name, struct image **result)
{
	struct reader r = { .base = base };
	struct image *image;
	enum err rc;

	*result = NULL;
	if (n == 0)
		return error_why(ERR_IMAGE_EMPTY, "the file is empty");
	image = image_new();
	image->type = type == IMAGE_AUTO ? detect(data, n, name) : type;
	rc = read_type(&r, image->type, data, n);
	if (rc == OK)
		rc = build(image, &r);
	free(r.pieces);
	buf_free(&r.bytes);
	if (rc != OK) {
		image_close(image);
		return rc;
	}
	*result = image;
	return OK;
}

enum err image_parse(const uint8_t *data, size_t n, enum image_type type, uint32_t base,
		     struct image **image)
{
	return parse_named(data, n, type, base, NULL, image);
}

/* Files. */

static enum err not_opened(const char *path, int error)
{
	char cwd[256];

	error_why(ERR_NOT_FOUND, "couldn't open %s: %s (looked in %s)", path, strerror(error),
		  path[0] == '/' ? "/" : getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "?");
	return error_next(
		ERR_NOT_FOUND,
		"check the name; files are looked for in the folder probed was started in");
}

/* A Windows path that went through a Tcl script still has its backslashes. */
static int open_either_slash(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *slashed;

	if (fd >= 0 || strchr(path, '\\') == NULL)
		return fd;
	slashed = xstrdup(path);
	for (char *p = slashed; *p != '\0'; p++)
		if (*p == '\\')
			*p = '/';
	fd = open(slashed, O_RDONLY | O_CLOEXEC);
	free(slashed);
	return fd;
}

static enum err read_fd(int fd, const char *path, struct buf *file)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return error_next(error_why(ERR_ARGUMENT, "%s is a folder", path),
					  "name a file in it");
	do {
		got = read(fd, buf_reserve(file, 65536), 65536);
		if (got > 0)
			file->len += (size_t)got;
		if (file->len > MAX_FILE_BYTES)
			return error_why(ERR_IMAGE_FORMAT, "%s is larger than %u MiB", path,
					 MAX_FILE_BYTES >> 20);
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		return error_why(ERR_IO, "couldn't read %s: %s", path, strerror(errno));
	return OK;
}

enum err image_open(const char *path, enum image_type type, uint32_t base, struct image **image)
{
	struct buf file = { 0 };
	enum err rc;
	int fd;

	*image = NULL;
	fd = open_either_slash(path);
	if (fd < 0)
		return not_opened(path, errno);
	rc = read_fd(fd, path, &file);
	close(fd);
	if (rc == OK) {
		rc = parse_named(file.data, file.len, type, base, path, image);
		if (rc != OK)
			error_what(rc, "%s", path);
	}
	buf_free(&file);
	if (rc != OK)
		return rc;
	(*image)->path = xstrdup(path);
	log_debug("%s: %s, %zu bytes in %zu sections", path, type_names[(*image)->type],
		  image_bytes(*image), (*image)->count);
	return OK;
}

/* Images built in memory. */

struct image *image_new(void)
{
	struct image *image = xcalloc(1, sizeof(*image));

	image->type = IMAGE_MEM;
	return image;
}

void image_close(struct image *image)
{
	if (image == NULL)
		return;
	for (size_t i = 0; i < image->count; i++)
		free(image->sections[i].data);
	free(image->sections);
	free(image->path);
	free(image);
}

size_t image_bytes(const struct image *image)
{
	size_t sum = 0;

	for (size_t i = 0; i < image->count; i++)
		sum += image->sections[i].bytes;
	return sum;
}

/* One past the last byte; does not wrap at the top of the address space. */
static uint64_t section_end(const struct image_section *s)
{
	return (uint64_t)s->addr + s->bytes;
}

/* The sections [*first, *end) that touch or adjoin addr..addr+n. */
static void find_neighbours(const struct image *image, uint32_t addr, size_t n, size_t *first,
			    size_t *end)
{
	size_t i = 0;

	while (i < image->count && section_end(&image->sections[i]) < addr)
		i++;
	*first = i;
	while (i < image->count && image->sections[i].addr <= (uint64_t)addr + n)
		i++;
	*end = i;
}

/* Joins sections first..end-1 and the new bytes into one. */
static struct image_section join(const struct image *image, size_t first, size_t end, uint32_t addr,
				 const uint8_t *data, size_t n)
{
	const struct image_section *s = image->sections;
	uint32_t low = MIN(addr, s[first].addr);
	uint64_t high = MAX((uint64_t)addr + n, section_end(&s[end - 1]));
	struct image_section joined = { .addr = low, .bytes = (size_t)(high - low) };
	size_t room = 64;

	while (room < joined.bytes)
		room *= 2;
	joined.data = xcalloc(1, room);
	for (size_t i = first; i < end; i++) {
		memcpy(joined.data + (s[i].addr - low), s[i].data, s[i].bytes);
		free(s[i].data);
	}
	memcpy(joined.data + (addr - low), data, n);
	return joined;
}

void image_add(struct image *image, uint32_t addr, const uint8_t *data, size_t n)
{
	struct image_section *last = image->count ? &image->sections[image->count - 1] : NULL;
	struct image_section added = { .addr = addr };
	size_t first, end;

	if (n == 0)
		return;
	/* A download arrives in ascending order. */
	if (last != NULL && section_end(last) == addr) {
		section_append(last, data, n);
		return;
	}
	find_neighbours(image, addr, n, &first, &end);
	if (first == end) {
		section_append(&added, data, n);
		new_section(image, addr);
		memmove(&image->sections[first + 1], &image->sections[first],
			(image->count - 1 - first) * sizeof(added));
	} else {
		added = join(image, first, end, addr, data, n);
		memmove(&image->sections[first + 1], &image->sections[end],
			(image->count - end) * sizeof(added));
		image->count -= end - first - 1;
	}
	image->sections[first] = added;
}
