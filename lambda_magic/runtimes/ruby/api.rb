# frozen_string_literal: true

require 'json'
require 'socket'

module LambdaRuntime
  # The Runtime API's client side: HTTP/1.1 on one connection.
  #
  # https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
  class RuntimeApi
    ACCEPTED = 202
    PREFIX = '/2018-06-01/runtime'
    ERROR_TYPE = 'Lambda-Runtime-Function-Error-Type'

    # The other side has gone.
    class Closed < StandardError; end

    # One HTTP response; names of headers are in lower case.
    Reply = Struct.new(:status, :headers, :body)

    # Connect to `AWS_LAMBDA_RUNTIME_API`, "host:port".
    def self.dial(address)
      host, _, port = address.rpartition(':')
      socket = TCPSocket.new(host, port.to_i)
      socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      new(socket, address)
    end

    def initialize(socket, host)
      @socket = socket
      @host = host
    end

    # Wait for the next event.
    def next_event
      exchange("GET #{PREFIX}/invocation/next HTTP/1.1\r\nHost: #{@host}\r\n\r\n")
    end

    # Answer an event; returns the HTTP status.
    def respond(request_id, body, content_type)
      post("/invocation/#{request_id}/response", body, content_type).status
    end

    # Answer an event by an error document.
    def fail(request_id, document)
      post_error("/invocation/#{request_id}/error", document)
    end

    # Tell that the function could not be loaded.
    def fail_init(document)
      post_error('/init/error', document)
    end

    private

    def post_error(path, document)
      # The name of a class is any text, and a header may not be.
      error_type = document[:errorType].encode('US-ASCII', fallback: ->(c) { c.dump[1..-2] })
      header = "#{ERROR_TYPE}: #{error_type}\r\n"
      post(path, JSON.generate(document), 'application/json', header)
    end

    def post(path, body, content_type, header = '')
      head = "POST #{PREFIX}#{path} HTTP/1.1\r\nHost: #{@host}\r\n#{header}" \
             "Content-Type: #{content_type}\r\nContent-Length: #{body.bytesize}\r\n\r\n"
      exchange(head.b + body.b)
    end

    def exchange(request)
      @socket.write(request)
      status = Integer(line.split(' ', 3)[1])
      headers = {}
      until (text = line).empty?
        name, _, value = text.partition(':')
        headers[name.downcase] = value.strip
      end
      length = headers.fetch('content-length', '0').to_i
      body = length.zero? ? '' : @socket.read(length)
      raise Closed if body.nil? || body.bytesize < length

      Reply.new(status, headers, body.force_encoding('UTF-8'))
    rescue SystemCallError, IOError
      raise Closed
    end

    def line
      text = @socket.gets("\r\n", chomp: true)
      raise Closed if text.nil?

      text
    end
  end
end
