import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Item, Key } from '../table/table.ts';
import type { Rows } from '../table/rows.ts';

/** The rows of a table in DynamoDB. */
export function dynamoRows(TableName: string, client: DynamoDBClient): Rows {
  const documents = DynamoDBDocumentClient.from(client);
  return {
    async scan(after, limit) {
      const answer = await documents.send(
        new ScanCommand({
          TableName,
          Limit: limit,
          ConsistentRead: true,
          ...(after ? { ExclusiveStartKey: { pk: after.pk, sk: after.sk } } : {}),
        }),
      );
      return {
        items: (answer.Items ?? []) as Item[],
        next: (answer.LastEvaluatedKey as Key | undefined) ?? null,
      };
    },
  };
}
