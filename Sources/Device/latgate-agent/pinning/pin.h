/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The boot-time loader: `latgate-agent pin` and `latgate-agent pins`. */
#ifndef LATGATE_AGENT_PIN_H
#define LATGATE_AGENT_PIN_H

/* argv[0] is the command's name. Returns an exit code of exit_codes.h. */
int lg_pin_command(int argc, char **argv);
int lg_pins_command(int argc, char **argv);

#endif
