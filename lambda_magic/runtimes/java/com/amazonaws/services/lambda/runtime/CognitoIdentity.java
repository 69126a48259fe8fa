package com.amazonaws.services.lambda.runtime;

/** Who called, where the caller is an application that uses Amazon Cognito. */
public interface CognitoIdentity {
    String getIdentityId();

    String getIdentityPoolId();
}
