package lambdamagic;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The Runtime API's client side: HTTP/1.1 on one connection.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html">Runtime API</a>
 */
final class RuntimeApi {
    private static final String PREFIX = "/2018-06-01/runtime";

    private final InputStream input;
    private final OutputStream output;
    private final String host;

    private RuntimeApi(Socket socket, String host) throws IOException {
        this.input = new BufferedInputStream(socket.getInputStream());
        this.output = socket.getOutputStream();
        this.host = host;
    }

    /** The other side has gone. */
    static final class Closed extends Exception {
        Closed(IOException cause) {
            super(cause);
        }
    }

    /** One HTTP response. */
    static final class Reply {
        private final int status;
        private final Map<String, String> headers;
        private final byte[] body;

        private Reply(int status, Map<String, String> headers, byte[] body) {
            this.status = status;
            this.headers = headers;
            this.body = body;
        }

        /** A header by its name in lower case, or null. */
        String header(String name) {
            return headers.get(name);
        }

        byte[] body() {
            return body;
        }
    }

    /** Connect to {@code AWS_LAMBDA_RUNTIME_API}, "host:port". */
    static RuntimeApi dial(String address) throws Closed {
        int colon = address.lastIndexOf(':');
        try {
            Socket socket =
                    new Socket(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
            socket.setTcpNoDelay(true);
            return new RuntimeApi(socket, address);
        } catch (IOException error) {
            throw new Closed(error);
        }
    }

    /** Wait for the next event. */
    Reply next() throws Closed {
        return exchange("GET " + PREFIX + "/invocation/next HTTP/1.1\r\nHost: " + host + "\r\n\r\n", new byte[0]);
    }

    /** Answer an event; returns the HTTP status. */
    int respond(String requestId, byte[] json) throws Closed {
        return post("/invocation/" + requestId + "/response", json, "").status;
    }

    /** Answer an event by an error document. */
    void fail(String requestId, Map<String, Object> document) throws Closed {
        postError("/invocation/" + requestId + "/error", document);
    }

    /** Tell that the function could not be loaded. */
    void failInit(Map<String, Object> document) throws Closed {
        postError("/init/error", document);
    }

    private void postError(String path, Map<String, Object> document) throws Closed {
        byte[] body = Json.write(document).getBytes(StandardCharsets.UTF_8);
        String errorType = escaped(String.valueOf(document.get("errorType")));
        post(path, body, "Lambda-Runtime-Function-Error-Type: " + errorType + "\r\n");
    }

    private Reply post(String path, byte[] body, String header) throws Closed {
        String head = "POST " + PREFIX + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + header
                + "Content-Type: application/json\r\nContent-Length: " + body.length + "\r\n\r\n";
        return exchange(head, body);
    }

    private Reply exchange(String head, byte[] body) throws Closed {
        try {
            ByteArrayOutputStream request = new ByteArrayOutputStream();
            request.write(head.getBytes(StandardCharsets.ISO_8859_1));
            request.write(body);
            request.writeTo(output);
            int status = Integer.parseInt(line().split(" ", 3)[1]);
            Map<String, String> headers = new HashMap<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
            }
            int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
            byte[] received = input.readNBytes(length);
            if (received.length < length) {
                throw new EOFException();
            }
            return new Reply(status, headers, received);
        } catch (IOException error) {
            throw new Closed(error);
        }
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int character = input.read(); character != '\n'; character = input.read()) {
            if (character < 0) {
                throw new EOFException();
            }
            if (character != '\r') {
                line.write(character);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** The name of a class is any text, and a header may not be. */
    private static String escaped(String text) {
        StringBuilder made = new StringBuilder();
        for (char character : text.toCharArray()) {
            made.append(character < 0x7f ? String.valueOf(character) : String.format("\\u%04x", (int) character));
        }
        return made.toString();
    }
}
