# SPDX-License-Identifier: ISC
# The application: see gunicorn/app.py.
require "digest"

digest = Digest::SHA256.hexdigest(%w[KEY TOKEN PEM].map { |name| "#{ENV.fetch(name, '(none)')}\n" }.join)[0, 16]

run lambda { |env|
  told = env["PATH_INFO"] == "/child" ? `../digest.sh child`.split[1] : digest
  [200, { "Content-Type" => "text/plain", "X-Worker" => Process.pid.to_s }, [told]]
}
