package lambdamagic;

import java.io.ByteArrayOutputStream;
import java.util.Map;

/**
 * The runtime process of a Java function: loads the handler, then gives it one event after another.
 * Started as {@code java lambdamagic.Bootstrap}, with Lambda's environment variables.
 */
public final class Bootstrap {
    private static final int ACCEPTED = 202;

    private final RuntimeApi api;
    private final Logs logs = new Logs();

    private Bootstrap(RuntimeApi api) {
        this.api = api;
    }

    public static void main(String[] arguments) throws Exception {
        try {
            new Bootstrap(RuntimeApi.dial(System.getenv("AWS_LAMBDA_RUNTIME_API"))).run();
        } catch (RuntimeApi.Closed closed) {
            // The other side has gone: there is nobody left to work for.
            Runtime.getRuntime().halt(1);
        }
    }

    private void run() throws RuntimeApi.Closed {
        Handler handler = load();
        while (true) {
            RuntimeApi.Reply event = api.next();
            String requestId = event.header("lambda-runtime-aws-request-id");
            logs.setRequestId(requestId);
            setTraceId(event.header("lambda-runtime-trace-id"));
            handle(handler, requestId, event);
        }
    }

    private Handler load() throws RuntimeApi.Closed {
        String name = System.getenv("_HANDLER");
        try {
            return Handler.load(name == null ? "" : name);
        } catch (Throwable error) {
            logs.logFault(error);
            api.failInit(Faults.documentOf(error));
            Runtime.getRuntime().halt(1);
            throw new AssertionError(error);
        }
    }

    private void handle(Handler handler, String requestId, RuntimeApi.Reply event)
            throws RuntimeApi.Closed {
        byte[] response;
        try {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            handler.handle(event.body(), output, new InvocationContext(event, logs));
            response = output.toByteArray();
        } catch (Throwable error) {
            logs.logFault(error);
            Map<String, Object> document = Faults.documentOf(error);
            api.fail(requestId, document);
            if (Faults.causeOf(error) instanceof VirtualMachineError) {
                // Nobody knows what such a machine does next.
                Runtime.getRuntime().halt(1);
            }
            return;
        }
        System.out.flush();
        int status = api.respond(requestId, response);
        if (status != ACCEPTED) {
            // Too large: the platform has already answered with Function.ResponseSizeTooLarge.
            logs.log("[ERROR] [" + System.currentTimeMillis() + "] LAMBDA_RUNTIME Failed to post "
                    + "handler success response. Http response code: " + status + ".");
        }
    }

    private static void setTraceId(String traceId) {
        // AWS's runtimes for Java use a property: variables cannot be changed.
        if (traceId == null) {
            System.clearProperty("com.amazonaws.xray.traceHeader");
        } else {
            System.setProperty("com.amazonaws.xray.traceHeader", traceId);
        }
    }
}
