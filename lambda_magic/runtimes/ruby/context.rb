# frozen_string_literal: true

require 'json'

# The handler's `context:`.
#
# https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name,
              :function_name, :memory_limit_in_mb, :function_version, :identity, :client_context,
              :deadline_ms, :tenant_id

  # `event` is what the Runtime API answered.
  def initialize(event)
    headers = event.headers
    @deadline_ms = headers['lambda-runtime-deadline-ms'].to_i
    @aws_request_id = headers['lambda-runtime-aws-request-id']
    @invoked_function_arn = headers['lambda-runtime-invoked-function-arn']
    @tenant_id = headers['lambda-runtime-aws-tenant-id']
    @identity = parsed(headers['lambda-runtime-cognito-identity'])
    @client_context = parsed(headers['lambda-runtime-client-context'])
    @function_name = ENV.fetch('AWS_LAMBDA_FUNCTION_NAME', nil)
    @function_version = ENV.fetch('AWS_LAMBDA_FUNCTION_VERSION', nil)
    @memory_limit_in_mb = ENV.fetch('AWS_LAMBDA_FUNCTION_MEMORY_SIZE', nil)
    @log_group_name = ENV.fetch('AWS_LAMBDA_LOG_GROUP_NAME', nil)
    @log_stream_name = ENV.fetch('AWS_LAMBDA_LOG_STREAM_NAME', nil)
  end

  # Milliseconds until the function times out.
  def get_remaining_time_in_millis # rubocop:disable Naming/AccessorMethodName -- AWS's name
    now = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
    [@deadline_ms - now, 0].max
  end

  private

  def parsed(header)
    JSON.parse(header) if header
  end
end
