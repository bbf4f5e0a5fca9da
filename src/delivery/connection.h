// One connection to a site: sends what is ready, one transaction after the other, the envelope of
// the next behind the final dot of this one, until there is nothing more, the peer has had enough,
// or the connection breaks.
//
// What the peer could not be given (its envelope was sent ahead, and the peer closed first) goes
// back to the head of the queue and counts as no attempt; RFC 5321 leaves a server free to close
// between two messages, and some do after a fixed number, with a 421 or without a word.
//
// Thread: the site's.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>

#include "delivery/connector.h"

namespace postrider::delivery {

class Site;

/// `site` outlives the await.
boost::asio::awaitable<void> run_connection_to_its_end(Site& site, Connected connected,
                                                       std::shared_ptr<const Options> options);

}  // namespace postrider::delivery
