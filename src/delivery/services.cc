#include "delivery/services.h"

namespace postrider::delivery {

RenderContext render_context(const Services& services, const Options& options) {
  return {.directory = services.directory.snapshot(),
          .token_key = services.token_key,
          .return_path_domain = services.return_path_domain,
          .hostname = options.hostname,
          .unsubscribe_mail = services.unsubscribe_mail,
          .tracking_keys = nullptr};
}

}  // namespace postrider::delivery
