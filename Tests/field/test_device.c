/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What is read from the device itself: its configuration, its batteries. */
#define _GNU_SOURCE 1
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "field_check.h"
#include "power.h"

static char directory[] = "/tmp/latgate-device-XXXXXX";

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
	(void)info;
	(void)kind;
	(void)at;
	return remove(path);
}

static const char *write_file(const char *name, const char *text)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	if (!file)
		abort();
	fputs(text, file);
	fclose(file);
	return path;
}

#define NEEDED                                                                                     \
	"server = https://fleet.example:8443/x\nauthority=/a\n certificate = /c \nkey = /k\n"      \
	"root = /r\nstate = /s\nbuild = 1.2 beta\n"

static const char *wrong_with(const char *text)
{
	static char why[LG_WHY];
	struct lg_config config;

	return lg_config_read(&config, write_file("field.conf", text), why) ? "" : why;
}

static void test_config(void)
{
	struct lg_config config;
	char why[LG_WHY];

	check("config", "a file",
	      lg_config_read(&config,
			     write_file("field.conf", "# it\n\n" NEEDED "poll-seconds = 60\r\n"),
			     why) &&
		      !strcmp(config.server.port, "8443") &&
		      !strcmp(config.repository.path, "/x/") && !strcmp(config.certificate, "/c") &&
		      !strcmp(config.build, "1.2 beta") && config.poll_s == 60 &&
		      config.settle_s == 300 && config.spool_bytes == 262144 && !config.code);
	check("config", "faults are named by line",
	      strstr(wrong_with(NEEDED "speed = 1\n"), "field.conf:8: speed: it is not known") &&
		      strstr(wrong_with(NEEDED "poll-seconds = 0\n"), "out of range") &&
		      strstr(wrong_with(NEEDED "poll-seconds = 1x\n"), "out of range") &&
		      strstr(wrong_with(NEEDED "code = maybe\n"), "yes or no") &&
		      strstr(wrong_with(NEEDED "model =\n"), "empty or too long") &&
		      strstr(wrong_with("server = http://x/\n"),
			     "field.conf:1: server: it is no https") &&
		      strstr(wrong_with("x\n"), "it is no \"name = value\""));
	check("config", "what is missing is named",
	      strstr(wrong_with("server = https://x/\n"), "authority is missing") &&
		      strstr(wrong_with("authority = /a\ncertificate = /c\nkey = /k\nroot = /r\n"
					"state = /s\nbuild = 1\n"),
			     "server is missing"));
	check("config", "no file",
	      !lg_config_read(&config, "/nonexistent/latgate", why) && strstr(why, "No such file"));
}

/* A supply's directory with what is not NULL. */
static void supply(const char *name, const char *type, const char *capacity, const char *status,
		   const char *online, const char *scope)
{
	const char *const files[] = {"type", "capacity", "status", "online", "scope"};
	const char *const texts[] = {type, capacity, status, online, scope};
	char path[128];

	snprintf(path, sizeof(path), "%s/power/%s", directory, name);
	if (mkdir(path, 0700))
		abort();
	for (size_t i = 0; i < 5; i++) {
		snprintf(path, sizeof(path), "power/%s/%s", name, files[i]);
		if (texts[i])
			write_file(path, texts[i]);
	}
}

static struct lg_condition_now look(void)
{
	struct lg_condition_now now = {0};
	char path[128];

	snprintf(path, sizeof(path), "%s/power", directory);
	lg_power_look(&now, path);
	return now;
}

static void test_power(void)
{
	char path[128];
	struct lg_condition_now now = look();

	check("power", "no batteries are known", !now.has_battery && !now.charging);
	snprintf(path, sizeof(path), "%s/power", directory);
	if (mkdir(path, 0700))
		abort();
	supply("mouse", "Battery\n", "3\n", "Discharging\n", NULL, "Device\n");
	now = look();
	check("power", "a mouse's battery is not the device's", !now.has_battery);
	supply("BAT0", "Battery\n", "87\n", "Discharging\n", NULL, NULL);
	supply("BAT1", "Battery\n", "41\n", "Discharging\n", NULL, NULL);
	supply("usb", "USB\n", NULL, NULL, "0\n", NULL);
	now = look();
	check("power", "the lower of two batteries",
	      now.has_battery && now.battery_percent == 41 && !now.charging);
	write_file("power/usb/online", "1\n");
	now = look();
	check("power", "a supply that is on", now.charging);
	write_file("power/usb/online", "0\n");
	write_file("power/BAT1/status", "Charging\n");
	now = look();
	check("power", "a battery that is charged", now.charging);
}

void test_device(void)
{
	if (!mkdtemp(directory))
		abort();
	test_config();
	test_power();
	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
