/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * libelf and zlib's own files can compress, which the agent never does: it reads
 * objects and, where one asks for it, the kernel's configuration. With these in
 * its place the linker leaves zlib's compressor out of the static agent.
 */
#include <zlib.h>

int deflateInit_(z_streamp stream, int level, const char *version, int size)
{
	(void)stream, (void)level, (void)version, (void)size;
	return Z_STREAM_ERROR;
}

int deflateInit2_(z_streamp stream, int level, int method, int bits, int memory, int strategy,
		  const char *version, int size)
{
	(void)stream, (void)level, (void)method, (void)bits, (void)memory, (void)strategy;
	(void)version, (void)size;
	return Z_STREAM_ERROR;
}

int deflate(z_streamp stream, int flush)
{
	(void)stream, (void)flush;
	return Z_STREAM_ERROR;
}

int deflateEnd(z_streamp stream)
{
	(void)stream;
	return Z_STREAM_ERROR;
}

int deflateReset(z_streamp stream)
{
	(void)stream;
	return Z_STREAM_ERROR;
}

int deflateParams(z_streamp stream, int level, int strategy)
{
	(void)stream, (void)level, (void)strategy;
	return Z_STREAM_ERROR;
}
