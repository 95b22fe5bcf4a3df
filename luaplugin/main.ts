#!/usr/bin/env node
import '../operator/process/node-version.ts';

await import('./program/process.ts');
