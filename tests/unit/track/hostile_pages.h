// 64 KiB that somebody thought about: to be rewritten like a newsletter (hostile_input_test.cc), in
// the time of one (bench/micro/track_bench.cc).
#pragma once

#include <string>
#include <vector>

#include "track/link_rules.h"

namespace postrider::track {

constexpr std::size_t kHostileSize = 65536;

inline std::string repeated(const std::string& what, const std::string& front = "") {
  std::string out = front;
  while (out.size() + what.size() <= kHostileSize) {
    out += what;
  }
  return out;
}

inline LinkRules every_rule() {
  LinkRules how;
  how.base = "https://t.example";
  how.plain_text = true;
  how.url_tags = {{"utm_source", "a"}};
  return how;
}

inline std::vector<std::string> hostile_pages() {
  return {repeated("<"),
          repeated("<a "),
          repeated("<a href="),
          repeated("<a href=\""),
          repeated("<!--"),
          repeated("<!-- -"),
          repeated("<!--[if "),
          repeated("<!--[if]><!"),
          repeated("<!--[if]>-->"),
          repeated("<style>"),
          repeated("</style"),
          repeated("<script><!--<script>"),
          repeated("<a a"),
          repeated(" a", "<a"),
          repeated(" a=b", "<a"),
          repeated("<svg>"),
          repeated("<svg><desc>"),
          repeated("</svg>", "<svg>"),
          repeated("<table>"),
          repeated("<td>"),
          repeated("</table>", repeated("<table>").substr(0, 30000)),
          repeated("<div>", "<div data-track=false>"),
          repeated("</b>", "<div data-track=false>" + repeated("<i>").substr(0, 30000)),
          repeated("&", "<a href=\"http://x/"),
          repeated("&#x0", "<a href=\"http://x/"),
          repeated("<a href=http://x/>"),
          repeated("<a href=http://\xC3\xBC/\xC3\xBC?\xC3\xBC>"),
          repeated("{{"),
          repeated("<body></body>"),
          repeated("</body><table>"),
          repeated("<![CDATA["),
          repeated("<![CDATA[", "<svg>"),
          repeated("<a data-track=&#102;"),
          repeated("\x1B$B\x1B(B"),
          repeated("<meta charset=x>"),
          repeated("<plaintext>"),
          repeated("<a href=http://x@x@"),
          repeated("http://x/)"),
          repeated("://"),
          repeated(")", "http://x/")};
}

inline std::vector<std::string> hostile_messages() {
  const std::string multi = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  std::vector<std::string> messages{
      repeated("--\r\n", multi),   repeated("--b\r\n", multi),  repeated("--b\r\n\r\n", multi),
      repeated("--b\r\n" + multi), repeated("A:\r\n"),          repeated("\r\n "),
      repeated("\n--", multi),     repeated("--b--\r\n", multi)};
  std::string deep;
  std::string front;
  for (int i = 0; i < 100; ++i) {
    const std::string name = std::string(60, 'b') + std::to_string(i);
    front += "Content-Type: multipart/mixed; boundary=" + name + "\r\n\r\n--" + name + "\r\n";
  }
  messages.push_back(repeated("--" + std::string(60, 'b') + "\r\n", front + "\r\n"));
  for (const std::string encoding : {"7bit", "quoted-printable", "base64"}) {
    for (const std::string type : {"text/html", "text/plain", "text/html; charset=iso-2022-jp"}) {
      const std::string head =
          "Content-Type: " + type + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n";
      for (const std::string& page : hostile_pages()) {
        messages.push_back(head + page);
      }
      messages.push_back(repeated("=\r\n", head));
      messages.push_back(repeated("=3D", head));
      messages.push_back(repeated("Y ", head));
    }
  }
  return messages;
}

}  // namespace postrider::track
