// What the parts of delivery share: handed to each, owned by the relay, outliving all of them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "delivery/connector.h"
#include "delivery/options.h"
#include "delivery/recorder.h"
#include "delivery/render.h"
#include "delivery/unsubscribe.h"
#include "directory/directory.h"
#include "dns/resolver.h"
#include "links/key_ring.h"
#include "net/io_threads.h"
#include "spool/spool.h"
#include "suppression/list.h"

namespace postrider::delivery {

struct Services {
  const Clock& clock;
  net::IoThreads& threads;
  spool::Spool& spool;
  const directory::Directory& directory;
  dns::Resolver& resolver;
  Recorder& recorder;
  const links::KeyRing& tracking_keys;
  TlsClients tls;
  mail::TokenKey token_key{};
  std::string return_path_domain;
  UnsubscribeMail unsubscribe_mail = {};
  const suppression::List* suppressions = nullptr;  ///< null: none
};

/// What rendering needs, as things stand now; without the keys of tracking.
RenderContext render_context(const Services& services, const Options& options);

}  // namespace postrider::delivery
