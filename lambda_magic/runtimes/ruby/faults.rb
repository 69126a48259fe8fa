# frozen_string_literal: true

module LambdaRuntime
  # Frames of ours, which no stack trace shows.
  OWN_DIRECTORY = "#{__dir__}/"
  MOST_FRAMES = 100

  # The error document of an exception, in AWS's form: `Function<ZeroDivisionError>`, or
  # `Init<LoadError>` where the function could not be loaded.
  def self.document_of(error, phase)
    frames = (error.backtrace || []).reject { |frame| own?(frame) }.first(MOST_FRAMES)
    {
      errorMessage: text(error.message),
      errorType: "#{phase}<#{error.class}>",
      stackTrace: frames.map { |frame| text(frame) }
    }
  end

  def self.own?(frame)
    frame.start_with?(OWN_DIRECTORY) || frame.start_with?('<internal:')
  end

  def self.text(value)
    value.to_s.encode('UTF-8', invalid: :replace, undef: :replace)
  end
end
