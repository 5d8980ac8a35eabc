import { bundleFunctions } from './bundle.ts';
import { portalApp } from './portal-app.ts';

portalApp(bundleFunctions()).synth();
