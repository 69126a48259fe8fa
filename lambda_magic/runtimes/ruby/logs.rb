# frozen_string_literal: true

require 'json'
require 'logger'

# AWS's name for the current invocation's id, which log formatters of functions use too.
$_global_aws_request_id = nil

module LambdaRuntime
  # Where a function's output goes: one framed record for each `puts` and each call of a logger.
  module Logs
    TEXT_FRAME = 0xA55A0003
    JSON_FRAME = 0xA55A0002
    LEVELS = { 'TRACE' => 0, 'DEBUG' => 0, 'INFO' => 1, 'WARN' => 2, 'ERROR' => 3,
               'FATAL' => 4 }.freeze

    class << self
      # Give `puts` and `Logger` their records.
      def set_up
        $stdout.sync = true
        descriptor = ENV.delete('_LAMBDA_TELEMETRY_LOG_FD')
        return if descriptor.nil?

        @sink = Sink.new(IO.for_fd(descriptor.to_i, 'wb', autoclose: false))
        Logger.prepend(LoggerPatch)
        Kernel.prepend(PutsPatch)
        Object.prepend(PutsPatch)
      end

      attr_reader :sink

      def json?
        ENV.fetch('AWS_LAMBDA_LOG_FORMAT', '').upcase == 'JSON'
      end

      # The level that is configured, as `Logger` counts; nil where none is.
      def level
        LEVELS[ENV.fetch('AWS_LAMBDA_LOG_LEVEL', '').upcase]
      end

      # Log an error document, as AWS's runtime does.
      def log_fault(headline, document)
        if json?
          sink.write("#{JSON.generate({ timestamp: timestamp(Time.now), level: 'ERROR',
                                        message: headline, requestId: $_global_aws_request_id,
                                        **document }.compact)}\n")
        else
          puts headline
          puts JSON.pretty_generate(document)
        end
      end

      # Tell of a response that was too large: the platform has already answered in its place.
      def log_refusal(status)
        puts "[ERROR] [#{(Time.now.to_f * 1000).to_i}] LAMBDA_RUNTIME Failed to post handler " \
             "success response. Http response code: #{status}."
      end

      def timestamp(time)
        time.utc.strftime('%Y-%m-%dT%H:%M:%S.%6NZ')
      end
    end

    # Writes framed records.
    class Sink
      def initialize(file)
        @file = file
        @file.sync = true
      end

      # One record, as `Logger` writes to its device.
      def write(message)
        bytes = message.to_s.b
        type = Logs.json? ? JSON_FRAME : TEXT_FRAME
        microseconds = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
        # In one write: another thread's record must not come between.
        @file.write([type, bytes.bytesize, microseconds].pack('L>L>Q>') + bytes)
      end

      def close; end
    end

    # `puts` as one record.
    module PutsPatch
      def puts(*values)
        Logs.sink.write("#{values.flatten.map(&:to_s).join("\n")}\n")
      end
      private :puts
    end

    # A logger that writes to the standard streams writes records.
    module LoggerPatch
      def initialize(device = nil, *arguments, **options)
        return super unless device.nil? || device == $stdout || device == $stderr

        options[:level] = Logs.level if Logs.level && !options.key?(:level)
        super(Logs.sink, *arguments, **options)
        @default_formatter = Logs.json? ? JsonFormatter.new : TextFormatter.new
      end
    end

    # "I, [2026-01-01T00:00:00.000000 #7]  INFO REQUEST-ID -- : message"
    class TextFormatter < Logger::Formatter
      def call(severity, time, progname, message)
        head = format('%<letter>s, [%<time>s #%<pid>d] %<severity>5s',
                      letter: severity[0], time: format_datetime(time), pid: Process.pid,
                      severity: severity)
        "#{head} #{$_global_aws_request_id} -- #{progname}: #{LambdaRuntime.text(msg2str(message))}\n"
      end
    end

    # One JSON object a record.
    class JsonFormatter < Logger::Formatter
      def call(severity, time, progname, message)
        record = { timestamp: Logs.timestamp(time), level: severity,
                   message: LambdaRuntime.text(plain(message)),
                   requestId: $_global_aws_request_id,
                   logger: progname && LambdaRuntime.text(progname) }
        record.merge!(told_by(message)) if message.is_a?(Exception)
        "#{JSON.generate(record.compact)}\n"
      end

      private

      def plain(message)
        message.is_a?(Exception) ? message.message : msg2str(message)
      end

      def told_by(error)
        frames = (error.backtrace || []).map { |frame| LambdaRuntime.text(frame) }
        { errorType: error.class.to_s, errorMessage: LambdaRuntime.text(error.message),
          stackTrace: frames, location: frames.first }
      end
    end
  end
end
