import { Module } from "@nestjs/common";
import { Authenticator } from "./authenticate.ts";

@Module({ providers: [Authenticator], exports: [Authenticator] })
export class AuthModule {}
