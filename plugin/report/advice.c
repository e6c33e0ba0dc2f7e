/* SPDX-License-Identifier: Apache-2.0 */
/* advice.c
 *
 * The link is as wide as tmirror-tunnel-mtu says, or else as the node's route
 * to the target does. */

#include <config.h>

#include "plugin/report/advice.h"

#include "plugin/loop.h"
#include "util.h"

/* How many bytes the MTU of a source should be under that of the links: 14
 * Ethernet, 20 IPv4, 8 UDP, 8 VXLAN, and some to spare. */
#define HEADROOM 64

char *
tm_advice_of(const struct tm_loop *loop, const struct tm_source_state *state)
{
    const struct tm_model *model = tm_store_model(loop->store);
    const struct tm_node *node = tm_ports_node(loop->ports);
    const struct tm_session *session
        = tm_model_get_session(model, &state->session);
    const struct tm_eni *eni = tm_model_get_eni(model, &state->eni);
    struct tm_addr target;

    if (!session || !eni) {
        return NULL;
    }
    char *error = tm_model_target_address(model, session, 0, &target);
    if (error) {
        free(error);
        return NULL;
    }

    const struct tm_port *port = tm_node_find_eni(node, eni->name);
    uint32_t mtu = eni->mtu ? eni->mtu : port ? port->mtu : 0;
    uint32_t link = (node->tunnel_mtu ? node->tunnel_mtu
                     : tm_ports_path_mtu(&target));
    if (!mtu || !link || mtu + HEADROOM <= link) {
        return NULL;
    }
    return xasprintf("MTU %"PRIu32" is not %d bytes under the link's %"PRIu32
                     ", so copies of long packets are cut",
                     mtu, HEADROOM, link);
}
