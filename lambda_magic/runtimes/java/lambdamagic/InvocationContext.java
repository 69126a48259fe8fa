package lambdamagic;

import com.amazonaws.services.lambda.runtime.Client;
import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.util.LinkedHashMap;
import java.util.Map;

/** The handler's context, made of an event's headers. */
final class InvocationContext implements Context {
    private final RuntimeApi.Reply event;
    private final LambdaLogger logger;

    InvocationContext(RuntimeApi.Reply event, LambdaLogger logger) {
        this.event = event;
        this.logger = logger;
    }

    @Override
    public String getAwsRequestId() {
        return event.header("lambda-runtime-aws-request-id");
    }

    @Override
    public String getLogGroupName() {
        return System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
    }

    @Override
    public String getLogStreamName() {
        return System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
    }

    @Override
    public String getFunctionName() {
        return System.getenv("AWS_LAMBDA_FUNCTION_NAME");
    }

    @Override
    public String getFunctionVersion() {
        return System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
    }

    @Override
    public String getInvokedFunctionArn() {
        return event.header("lambda-runtime-invoked-function-arn");
    }

    @Override
    public int getMemoryLimitInMB() {
        return Integer.parseInt(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
    }

    @Override
    public int getRemainingTimeInMillis() {
        long deadline = Long.parseLong(event.header("lambda-runtime-deadline-ms"));
        return (int) Math.max(0, deadline - System.currentTimeMillis());
    }

    @Override
    public LambdaLogger getLogger() {
        return logger;
    }

    @Override
    public CognitoIdentity getIdentity() {
        Map<String, Object> members = members("lambda-runtime-cognito-identity");
        if (members == null) {
            return null;
        }
        return new CognitoIdentity() {
            @Override
            public String getIdentityId() {
                return (String) members.get("cognitoIdentityId");
            }

            @Override
            public String getIdentityPoolId() {
                return (String) members.get("cognitoIdentityPoolId");
            }
        };
    }

    @Override
    public ClientContext getClientContext() {
        Map<String, Object> members = members("lambda-runtime-client-context");
        if (members == null) {
            return null;
        }
        return new ClientContext() {
            @Override
            public Client getClient() {
                Map<String, String> client = strings(members.get("client"));
                return client == null ? null : new CallingClient(client);
            }

            @Override
            public Map<String, String> getCustom() {
                return strings(members.get("custom"));
            }

            @Override
            public Map<String, String> getEnvironment() {
                return strings(members.get("env"));
            }
        };
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> members(String header) {
        String json = event.header(header);
        return json == null || json.isEmpty() ? null : (Map<String, Object>) Json.read(json);
    }

    private static Map<String, String> strings(Object members) {
        if (!(members instanceof Map<?, ?> map)) {
            return null;
        }
        Map<String, String> made = new LinkedHashMap<>();
        map.forEach((name, value) -> made.put((String) name, value == null ? null : value.toString()));
        return made;
    }

    private static final class CallingClient implements Client {
        private final Map<String, String> members;

        CallingClient(Map<String, String> members) {
            this.members = members;
        }

        @Override
        public String getInstallationId() {
            return members.get("installation_id");
        }

        @Override
        public String getAppTitle() {
            return members.get("app_title");
        }

        @Override
        public String getAppVersionName() {
            return members.get("app_version_name");
        }

        @Override
        public String getAppVersionCode() {
            return members.get("app_version_code");
        }

        @Override
        public String getAppPackageName() {
            return members.get("app_package_name");
        }
    }
}
