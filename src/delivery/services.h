// What the parts of delivery share: handed to each, owned by the relay, outliving all of them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "delivery/connector.h"
#include "delivery/options.h"
#include "delivery/recorder.h"
#include "delivery/render.h"
#include "directory/directory.h"
#include "dns/resolver.h"
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
  TlsClients tls;
  mail::TokenKey token_key{};
  std::string return_path_domain;
  const suppression::List* suppressions = nullptr;  ///< null: none
};

/// What rendering needs, as things stand now.
RenderContext render_context(const Services& services, const Options& options);

}  // namespace postrider::delivery
