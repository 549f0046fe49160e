import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IConfigMap, ISecret, IService } from 'kubernetes-models/v1';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { operatorPaths, paths } from '../../src/endpoints/paths.ts';
import { settings } from '../../src/settings.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

const manifestsIn = (file: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(`deploy/kubernetes/${file}`, 'utf8')).map((document) => document.toJS() as Manifest);

const manifests = ['keyturn.yaml', 'secret.yaml', 'ingress.yaml'].flatMap(manifestsIn);

/** The one manifest of a kind. The cast holds: the first test compares it with the type. */
const only = <Kind>(kind: string): Kind => {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1) throw new TypeError(`there are ${found.length} manifests of kind ${kind}`);
  return found[0] as Kind;
};

const moduleOf = (apiVersion: string): string => `kubernetes-models/${apiVersion}`;

/** What the compiler says of manifests written as literals of the types of the Kubernetes API: these know every field. */
const complaintsOf = (these: readonly Manifest[]): string => {
  // From where the compiler finds the types, and where nobody looks for sources.
  const path = `node_modules/.kubernetes_manifests_${process.pid}.ts`;
  onTestFinished(() => rmSync(path, { force: true }));
  const source = these.map(
    (manifest, place) =>
      `import type { I${manifest.kind} as Kind${place} } from '${moduleOf(manifest.apiVersion)}';\nexport const manifest${place}: Kind${place} = ${JSON.stringify(manifest)};`,
  );
  writeFileSync(path, source.join('\n'));
  const options = [
    '--ignoreConfig',
    '--noEmit',
    '--skipLibCheck',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
  ];
  try {
    return execFileSync('node_modules/.bin/tsc', [...options, path], { encoding: 'utf8' });
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
};

describe('deploy/kubernetes', () => {
  test('is as the Kubernetes API has it, to the last field', { timeout: 60_000 }, () => {
    expect(complaintsOf(manifests)).toBe('');
  });

  test('and a field that is misspelt would be found', { timeout: 60_000 }, () => {
    const wrong = { apiVersion: 'apps/v1', kind: 'Deployment', spec: { selector: {}, template: {}, replica: 1 } };
    expect(complaintsOf([wrong])).toContain(`'"replica"' does not exist in type`);
  });

  const pod = only<IDeployment>('Deployment').spec?.template.spec;
  const container = pod?.containers[0];
  const configured = only<IConfigMap>('ConfigMap').data ?? {};

  test('sets only settings that there are, to values that are taken', () => {
    expect(Object.keys(configured).filter((name) => !(name in settings))).toEqual([]);
    expect(() => readConfig(configured)).not.toThrow();
  });

  test('its Secret is named, and holds nothing', () => {
    const secret = only<ISecret>('Secret');
    expect(Object.values(secret.stringData ?? {}).every((value) => value === '')).toBe(true);
    expect(secret.data).toBeUndefined();
    expect(Object.keys(secret.stringData ?? {}).filter((name) => !(name in settings))).toEqual([]);
    expect(container?.envFrom).toContainEqual({ secretRef: { name: secret.metadata?.name } });
  });

  test('is asked whether it lives and whether it signs, each by its own URL', () => {
    expect(container?.livenessProbe?.httpGet?.path).toBe('/health/live');
    expect(container?.readinessProbe?.httpGet?.path).toBe('/health/ready');
    expect(container?.startupProbe?.httpGet?.path).toBe('/health/live');
  });

  test('has the time to stop that preStop, the drain and closing take', () => {
    const preStop = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    const drain = Number(configured.KEYTURN_DRAIN_SECONDS);
    expect(pod?.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(preStop + drain + 10);
  });

  test('is nobody in particular, may do nothing in particular, and writes nowhere', () => {
    expect(pod).toMatchObject({ enableServiceLinks: false, automountServiceAccountToken: false });
    expect(pod?.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(readFileSync('Dockerfile', 'utf8')).toContain('USER 65532:65532');
  });

  test('two nodes at least, of which one is left standing', () => {
    expect(only<IHorizontalPodAutoscaler>('HorizontalPodAutoscaler').spec?.minReplicas).toBeGreaterThanOrEqual(2);
    expect(only<IPodDisruptionBudget>('PodDisruptionBudget').spec?.minAvailable).toBe(1);
    expect(only<IDeployment>('Deployment').spec?.replicas).toBeUndefined();
  });

  describe('while no node is ready', () => {
    const services = manifests.filter(({ kind }) => kind === 'Service') as readonly IService[];
    const rule = only<IIngress>('Ingress').spec?.rules?.[0];

    /** As an Ingress chooses: the longest prefix, by whole segments. */
    const serviceFor = (path: string): string | undefined =>
      rule?.http?.paths
        .filter(({ path: prefix = '', pathType }) => {
          expect(pathType).toBe('Prefix');
          return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`);
        })
        .sort((left, right) => (right.path?.length ?? 0) - (left.path?.length ?? 0))[0]?.backend.service?.name;

    test('what is served without the database goes to the Service that does not ask, all else to the one that does', () => {
      const published: readonly string[] = [
        ...[paths.jwks, paths.openid_configuration, paths.oauth_authorization_server],
        ...[paths.status_list, paths.status_list_aggregation, paths.change_password],
      ];
      for (const path of [...Object.values(paths), ...Object.values(operatorPaths)])
        expect([path, serviceFor(path)]).toEqual([path, published.includes(path) ? 'keyturn-published' : 'keyturn']);
    });

    test('both Services have the same nodes, of which the second takes also those that are not ready', () => {
      expect(services.map(({ metadata, spec }) => [metadata?.name, spec?.publishNotReadyAddresses ?? false])).toEqual([
        ['keyturn', false],
        ['keyturn-published', true],
      ]);
      const [first, second] = services.map(({ spec }) => ({ selector: spec?.selector, ports: spec?.ports }));
      expect(second).toEqual(first);
      expect(only<IDeployment>('Deployment').spec?.template.metadata?.labels).toMatchObject(first?.selector ?? {});
    });

    test('the Ingress is of the issuer, and takes nothing but TLS for it', () => {
      const { hostname } = new URL(configured.KEYTURN_ISSUER ?? '');
      expect(rule?.host).toBe(hostname);
      expect(only<IIngress>('Ingress').spec?.tls?.flatMap(({ hosts = [] }) => hosts)).toEqual([hostname]);
      expect(configured.KEYTURN_TRUSTED_PROXIES).toBe('1');
    });
  });
});
