# Verifies tokens with ruby-jwt as a service would: one JSON object a line in, one answer a line out. The loader is the
# one of ruby-jwt's README: the key set is kept for a time and fetched again when a kid is not found in it.
require 'json'
require 'jwt'
require 'net/http'

setup = JSON.parse($stdin.gets)
kept = nil
fetched_at = 0.0
loader = lambda do |options|
  now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  if kept.nil? || options[:kid_not_found] || now - fetched_at > setup['cacheSeconds']
    uri = URI(setup['jwksUri'])
    http = Net::HTTP.new(uri.host, uri.port)
    http.open_timeout = http.read_timeout = setup['timeoutSeconds']
    kept = JSON.parse(http.get(uri.path).body)
    fetched_at = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
  kept
end

$stdin.each_line do |line|
  asked = JSON.parse(line)
  begin
    JWT.decode(asked['token'], nil, true,
               algorithms: [asked['alg']], jwks: loader,
               iss: setup['issuer'], verify_iss: true, aud: asked['audience'], verify_aud: true,
               verify_expiration: asked['checkExp'])
    answer = 'ok'
  rescue StandardError => e
    answer = "#{e.class}: #{e.message}"
  end
  puts answer.tr("\n", ' ')
  $stdout.flush
end
