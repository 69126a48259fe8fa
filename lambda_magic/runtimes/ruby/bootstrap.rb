# frozen_string_literal: true

# The runtime process of a Ruby function: loads the handler, then gives it one event after another.
# Started as `ruby bootstrap.rb`, with Lambda's environment variables.

# Gems that come with Ruby itself: GEM_PATH, which is for the function's own, leaves them out.
bundled = File.join(RbConfig::CONFIG['rubylibprefix'], 'gems', RbConfig::CONFIG['ruby_version'])
Gem.use_paths(Gem.dir, [*Gem.path, bundled]) if ENV.key?('GEM_PATH')

require 'json'

require_relative 'api'
require_relative 'context'
require_relative 'faults'
require_relative 'handler'
require_relative 'logs'

module LambdaRuntime
  # Gives events to the handler, one after another.
  class Runtime
    # What AWS's runtime ends with.
    NOT_LOADED = -4
    BEYOND_REPAIR = -1

    def initialize(api, task_root, name)
      @api = api
      @task_root = task_root
      @name = name
    end

    def run
      load_handler
      loop { handle(@api.next_event) }
    rescue RuntimeApi::Closed
      # The other side has gone: there is nobody left to work for.
      exit!(1)
    end

    private

    def load_handler
      $LOAD_PATH.unshift(@task_root) unless $LOAD_PATH.include?(@task_root)
      @handler = Handler.load(@name)
    rescue Exception => e # rubocop:disable Lint/RescueException -- a syntax error is no StandardError
      document = LambdaRuntime.document_of(e, 'Init')
      Logs.log_fault("Init error when loading handler #{@name}", document)
      @api.fail_init(document)
      exit!(NOT_LOADED)
    end

    def handle(event)
      request_id = event.headers['lambda-runtime-aws-request-id']
      $_global_aws_request_id = request_id
      ENV['_X_AMZN_TRACE_ID'] = event.headers['lambda-runtime-trace-id']
      body, content_type = call(event)
      status = @api.respond(request_id, body, content_type)
      Logs.log_refusal(status) unless status == RuntimeApi::ACCEPTED
    rescue NameError, SystemExit, SystemStackError, NoMemoryError, ScriptError, SecurityError,
           SignalException => e
      # Not what a handler reports, but what is wrong with it: AWS's runtime then starts afresh.
      fail(request_id, e, 'Critical exception from handler')
      exit!(BEYOND_REPAIR)
    rescue StandardError => e
      raise if e.is_a?(RuntimeApi::Closed)

      fail(request_id, e, 'Error raised from handler method')
    end

    def call(event)
      json = event.headers.fetch('content-type', 'application/json') == 'application/json'
      result = @handler.call(json ? JSON.parse(event.body) : event.body, LambdaContext.new(event))
      return [result.read, 'application/unknown'] if result.is_a?(IO) || string_io?(result)

      [result.to_json, 'application/json']
    end

    # Whether it is one, without loading that library for those who do not use it.
    def string_io?(result)
      defined?(StringIO) && result.is_a?(StringIO)
    end

    def fail(request_id, error, headline)
      document = LambdaRuntime.document_of(error, 'Function')
      Logs.log_fault(headline, document)
      @api.fail(request_id, document)
    end
  end
end

LambdaRuntime::Logs.set_up
LambdaRuntime::Runtime.new(
  LambdaRuntime::RuntimeApi.dial(ENV.fetch('AWS_LAMBDA_RUNTIME_API')),
  ENV.fetch('LAMBDA_TASK_ROOT'),
  ENV.fetch('_HANDLER', '')
).run
