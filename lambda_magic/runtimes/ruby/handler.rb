# frozen_string_literal: true

module LambdaRuntime
  # From `_HANDLER` to a method: "file.method", or "file.Module::Class.method".
  #
  # https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html
  class Handler
    # Requires the handler's file; raises whatever that raises.
    def self.load(name)
      file, *names, method = name.split('.')
      if method.nil? || names.length > 1
        raise ArgumentError,
              "Invalid handler #{name.split('.')}, must be of form FILENAME.METHOD or " \
              'FILENAME.CLASS.METHOD where FILENAME corresponds with an existing Ruby source file ' \
              'FILENAME.rb, CLASS is an optional module/class namespace and METHOD is a callable ' \
              'method. If using CLASS, METHOD must be a class-level method.'
      end
      require file
      new(names.first, method)
    end

    def initialize(namespace, method)
      @namespace = namespace
      @method = method
    end

    # The handler's result.
    def call(event, context)
      # A method that a file defines outside of any class is every object's, main's among them.
      receiver = @namespace ? Kernel.const_get(@namespace) : TOPLEVEL_BINDING.receiver
      receiver.__send__(@method, event: event, context: context)
    end
  end
end
